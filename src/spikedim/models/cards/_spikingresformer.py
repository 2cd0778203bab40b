"""SpikingResformer (Shi et al., CVPR 2024): dual spike self-attention and grouped MLPs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import final

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, blueprints, cards
from spikedim.models.cards._setting import setting
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["ResformerStage", "resformer_stages", "spikingresformer_models"]

_REFERENCE = (
    "X. Shi et al., 'SpikingResformer', CVPR 2024; layer shapes read in "
    "xyshi2000/SpikingResformer models/spikingresformer.py"
)
_PATCHES = (4, 2, 1)
_PAIRS = (1, 2, 3)
_SHAPES = {
    # size: widths of the stages, channels of a group of the MLP's convolution
    "xs": ((16, 48, 96), 16),
    "ti": ((64, 192, 384), 64),
    "s": ((64, 256, 512), 64),
    "m": ((64, 384, 768), 64),
    "l": ((128, 512, 1024), 64),
    "dvsg": ((32, 96, 192), 32),
}
_SMALL = "xs"
_SMALL_DATA = ("digits", "mnist", "fashion-mnist", "cifar10")


@final
@dataclass(frozen=True)
class ResformerStage:
    """One stage: width D, H heads, patches p x p, pairs of attention and MLP, group of the MLP."""

    width: int
    heads: int
    patch: int
    pairs: int
    group: int


def resformer_stages(model: Blueprint) -> tuple[ResformerStage, ...]:
    """Return the three stages; every head is as wide as those of the last."""
    widths, group = _SHAPES[model.size]
    return tuple(
        ResformerStage(width, model.heads * width // model.width, patch, pairs, group)
        for width, patch, pairs in zip(widths, _PATCHES, _PAIRS, strict=True)
    )


def _dssa(walk: LayerWalk, name: str, stage: ResformerStage, side: int) -> None:
    """Walk dual spike self-attention: a patch convolution against the spikes, twice."""
    d, patch = stage.width, stage.patch
    tokens, small = side * side, (side // patch) ** 2
    walk.lif(f"{name}.attn.lif", tokens, d)
    walk.conv(f"{name}.attn.patch", d, 2 * d, kernel=patch, side=side // patch)
    walk.attention(f"{name}.attn.map", tokens * small * d)
    walk.lif(f"{name}.attn.attn_lif", tokens, stage.heads * small)
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


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spikingresformer-<size>/<dataset>``, stage by stage."""
    where, stages = model.where, resformer_stages(model)
    wide = where.imagenet
    walk = LayerWalk(coding=model.coding, neuron_parameters=0 if where.static else 1)
    side = where.side // 2 if wide else where.side
    kernel = 7 if wide else 3
    first = stages[0].width
    walk.conv("stem", where.channels, first, kernel=kernel, side=side, inputs=Inputs.REALS)
    side = side // 2 if wide else side
    for index, stage in enumerate(stages):
        if index:
            before = stages[index - 1].width
            walk.lif(f"stage.{index}.down.lif", side * side, before)
            side //= 2
            walk.conv(f"stage.{index}.down.conv", before, stage.width, kernel=3, side=side)
        for pair in range(stage.pairs):
            name = f"stage.{index}.block.{pair}"
            _dssa(walk, name, stage, side)
            _gwffn(walk, name, stage.width, side, stage.group)
    walk.head(model.width, where.classes, bias=False)
    return Walked(walk, side * side, tuple(_notes(model)))


def _notes(model: Blueprint) -> Iterator[str]:
    """Yield the traps of one size and data set."""
    if model.size == _SMALL:
        yield "not a published size: a quarter of ti in width and group, small enough for a CPU"
    if not model.where.static:
        yield "trained membrane time constants: one parameter a neuron layer"
    elif model.where.imagenet:
        yield "the 7 x 7 stem has no neurons; published energies leave out its MACs and the head's"
    else:
        yield "the 3 x 3 stem has no neurons; published energies leave out its MACs"
    yield (
        "released, an untrained network in evaluation mode has infinite attention scales and is "
        "silent; built here, an unknown firing rate has a finite prior"
    )
    yield "the firing rates behind the attention scales are those of one training process"
    if model.size == "l":
        yield "published with BatchNorm counted, the smaller sizes without"


def spikingresformer_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    depth = sum(_PAIRS)
    rows = (
        *((_SMALL, name, depth, 96, 6, "") for name in _SMALL_DATA),
        ("ti", "cifar10", depth, 384, 6, "10.79M"),
        ("ti", "cifar100", depth, 384, 6, "10.83M"),
        ("ti", "imagenet", depth, 384, 6, "11.14M"),
        ("s", "imagenet", depth, 512, 8, "17.76M"),
        ("m", "imagenet", depth, 768, 12, "35.52M"),
        ("l", "imagenet", depth, 1024, 16, "60.38M"),
    )
    # The released code resizes events to 64 x 64 and adds their sum as a third channel.
    summed = replace(setting("dvs128-gesture"), input_shape=(3, 64, 64))
    events = Blueprint("dvsg", summed, depth, 192, 6)
    return cards("spikingresformer", _REFERENCE, _walk, (*blueprints(rows), events))
