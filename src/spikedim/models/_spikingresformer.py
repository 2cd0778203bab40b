"""SpikingResformer (Shi et al., CVPR 2024): dual spike self-attention and grouped MLPs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from spikedim.models._card import Card
from spikedim.models._setting import setting
from spikedim.models._walk import Inputs, LayerWalk

__all__ = ["spikingresformer_models"]

_REFERENCE = (
    "X. Shi et al., 'SpikingResformer', CVPR 2024; layer shapes read in "
    "xyshi2000/SpikingResformer models/spikingresformer.py"
)
_PATCHES = (4, 2, 1)
_PAIRS = (1, 2, 3)


@dataclass(frozen=True)
class _Form:
    """Widths and heads of the three stages, group size, stem, trained neuron parameters."""

    widths: tuple[int, int, int]
    heads: int
    group: int = 64
    wide_stem: bool = True
    neuron_parameters: int = 0


def _dssa(walk: LayerWalk, name: str, d: int, side: int, patch: int, heads: int) -> None:
    """Walk dual spike self-attention: a patch convolution against the spikes, twice."""
    tokens, small = side * side, (side // patch) ** 2
    walk.lif(f"{name}.attn.lif", tokens, d)
    walk.conv(f"{name}.attn.patch", d, 2 * d, kernel=patch, side=side // patch)
    walk.attention(f"{name}.attn.map", tokens * small * d)
    walk.lif(f"{name}.attn.attn_lif", tokens, heads * small)
    walk.attention(f"{name}.attn.mix", tokens * small * d)
    walk.lif(f"{name}.attn.out_lif", tokens, d)
    walk.linear(f"{name}.attn.proj", d, d, tokens=tokens)


def _gwffn(walk: LayerWalk, name: str, d: int, side: int, group: int) -> None:
    """Walk the group-wise MLP."""
    tokens = side * side
    walk.lif(f"{name}.mlp.lif1", tokens, d)
    walk.linear(f"{name}.mlp.up", d, 4 * d, tokens=tokens)
    walk.lif(f"{name}.mlp.lif2", tokens, 4 * d)
    walk.conv(f"{name}.mlp.group", 4 * d, 4 * d, kernel=3, side=side, groups=4 * d // group)
    walk.lif(f"{name}.mlp.lif3", tokens, 4 * d)
    walk.linear(f"{name}.mlp.down", 4 * d, d, tokens=tokens)


def _walk(form: _Form, channels: int, side: int) -> tuple[LayerWalk, int]:
    """Walk stem and stages; return the walk and the final side."""
    walk = LayerWalk(neuron_parameters=form.neuron_parameters)
    kernel = 7 if form.wide_stem else 3
    side = side // 2 if form.wide_stem else side
    walk.conv("stem", channels, form.widths[0], kernel=kernel, side=side, inputs=Inputs.REALS)
    side = side // 2 if form.wide_stem else side
    for stage, (d, patch, pairs) in enumerate(zip(form.widths, _PATCHES, _PAIRS, strict=True)):
        if stage:
            before = form.widths[stage - 1]
            walk.lif(f"down.{stage}.lif", side * side, before)
            side //= 2
            walk.conv(f"down.{stage}", before, d, kernel=3, side=side)
        heads = form.heads * d // form.widths[2]
        for index in range(pairs):
            name = f"stage.{stage}.block.{index}"
            _dssa(walk, name, d, side, patch, heads)
            _gwffn(walk, name, d, side, form.group)
    return walk, side


def _card(size: str, dataset: str, *, form: _Form, published: str) -> Card:
    """Build the card of ``spikingresformer-<size>/<dataset>``."""
    where = setting(dataset)
    channels, side = where.channels, where.side
    notes = [
        "the 7 x 7 stem has no neurons; published energies leave out its MACs and the head's",
        "an untrained network in evaluation mode has infinite attention scales",
    ]
    if dataset == "dvs128-gesture":
        # The released code resizes events to 64 x 64 and adds their sum as a third channel.
        channels, side = 3, 64
        notes = ["trained membrane time constants: one parameter a neuron layer"]
    elif dataset != "imagenet":
        notes[0] = "the 3 x 3 stem has no neurons; published energies leave out its MACs"
    elif size == "l":
        notes.append("published with BatchNorm counted, the smaller sizes without")
    walk, last = _walk(form, channels, side)
    width = form.widths[2]
    walk.linear("head", width, where.classes, tokens=1, norm=0, inputs=Inputs.REALS, kind="head")
    return Card(
        name=f"spikingresformer-{size}/{dataset}",
        family="spikingresformer",
        dataset=dataset,
        input_shape=(channels, side, side),
        classes=where.classes,
        depth=sum(_PAIRS),
        heads=form.heads,
        tokens=last * last,
        width=width,
        steps=where.steps,
        layers=walk.rows,
        published_parameters=published,
        reference=_REFERENCE,
        notes=tuple(notes),
    )


def spikingresformer_models() -> Mapping[str, Callable[[], Card]]:
    """Map the names of the family to what builds their cards."""
    small = _Form((64, 192, 384), heads=6, wide_stem=False)
    events = _Form((32, 96, 192), heads=6, group=32, wide_stem=False, neuron_parameters=1)
    rows = (
        ("ti", "cifar10", small, "10.79M"),
        ("ti", "cifar100", small, "10.83M"),
        ("ti", "imagenet", _Form((64, 192, 384), heads=6), "11.14M"),
        ("s", "imagenet", _Form((64, 256, 512), heads=8), "17.76M"),
        ("m", "imagenet", _Form((64, 384, 768), heads=12), "35.52M"),
        ("l", "imagenet", _Form((128, 512, 1024), heads=16), "60.38M"),
        ("dvsg", "dvs128-gesture", events, ""),
    )
    return {
        f"spikingresformer-{size}/{dataset}": partial(
            _card, size, dataset, form=form, published=published
        )
        for size, dataset, form, published in rows
    }
