"""Spike-driven Transformer, version 1 (Yao et al., NeurIPS 2023)."""

from collections.abc import Callable, Mapping
from functools import partial

from spikedim.models._card import Card
from spikedim.models._setting import Setting, setting
from spikedim.models._walk import Inputs, LayerWalk

__all__ = ["sdt_v1_models"]

_REFERENCE = (
    "M. Yao et al., 'Spike-driven Transformer', NeurIPS 2023; layer shapes read in "
    "BICLab/Spike-Driven-Transformer module/{sps,ms_conv}.py"
)
_HEADS = 8


def _stem(walk: LayerWalk, where: Setting, width: int, pool: tuple[bool, ...]) -> int:
    """Walk the stem: three spiking convolutions, a fourth pooled as current, a residual fifth."""
    side, c_in, inputs = where.side, where.channels, Inputs.REALS
    for index, c_out in enumerate((width // 8, width // 4, width // 2, width)):
        walk.conv(f"stem.conv{index}", c_in, c_out, kernel=3, side=side, inputs=inputs)
        pooled = (side + 1) // 2 if pool[index] else side
        # The fourth convolution is pooled before its neurons, the others after.
        neurons = pooled if index == 3 else side
        walk.lif(f"stem.lif{index}", neurons * neurons, c_out)
        side, c_in, inputs = pooled, c_out, Inputs.SPIKES
    walk.conv("stem.rpe", width, width, kernel=3, side=side)
    return side


def _block(walk: LayerWalk, name: str, tokens: int, width: int) -> None:
    """Walk one block; its attention masks and adds, so it has no products."""
    walk.lif(f"{name}.attn.lif", tokens, width)
    for part in ("q", "k", "v"):
        walk.linear(f"{name}.attn.{part}", width, width, tokens=tokens)
        walk.lif(f"{name}.attn.{part}_lif", tokens, width)
    walk.attention(f"{name}.attn.mask", 0)
    walk.lif(f"{name}.attn.talking_heads_lif", 1, width)
    walk.add(f"{name}.attn.unused_talking_heads", "conv", 0, dead=_HEADS**2)
    walk.linear(f"{name}.attn.proj", width, width, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.lif1", tokens, width)
    walk.linear(f"{name}.mlp.fc1", width, 4 * width, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.lif2", tokens, 4 * width)
    walk.linear(f"{name}.mlp.fc2", 4 * width, width, tokens=tokens, bias=True)


def _card(size: str, dataset: str, *, depth: int, width: int, published: str) -> Card:
    """Build the card of ``sdt-v1-<size>/<dataset>``."""
    where = setting(dataset)
    pool = where.stem_pool
    notes = ["the published count includes talking_heads, which never acts"]
    if dataset == "cifar10-dvs":
        where = Setting(64, 2, 10, 16, (False, False, True, True), static=False)
        pool = where.stem_pool
        notes.append("events are resized to 64 x 64; MACs derived from the stated stem, unchecked")
    if size == "8-768":
        notes.append("77.07 % was measured at 288 x 288; 76.32 % at 224 x 224")
    walk = LayerWalk()
    side = _stem(walk, where, width, pool)
    tokens = side * side
    for index in range(depth):
        _block(walk, f"block.{index}", tokens, width)
    walk.lif("head_lif", 1, width)
    walk.linear("head", width, where.classes, tokens=1, bias=True, norm=0, kind="head")
    return Card(
        name=f"sdt-v1-{size}/{dataset}",
        family="sdt-v1",
        dataset=dataset,
        input_shape=where.input_shape,
        classes=where.classes,
        depth=depth,
        heads=_HEADS,
        tokens=tokens,
        width=width,
        steps=where.steps,
        layers=walk.rows,
        published_parameters=published,
        reference=_REFERENCE,
        notes=tuple(notes),
    )


def sdt_v1_models() -> Mapping[str, Callable[[], Card]]:
    """Map the names of the family to what builds their cards."""
    rows = (
        ("2-512", "cifar10", 2, 512, ""),
        ("2-512", "cifar100", 2, 512, "10.28M"),
        ("2-256", "cifar10-dvs", 2, 256, "2.57M"),
        ("8-384", "imagenet", 8, 384, "16.81M"),
        ("6-512", "imagenet", 6, 512, "23.37M"),
        ("8-512", "imagenet", 8, 512, "29.68M"),
        ("10-512", "imagenet", 10, 512, "36.01M"),
        ("8-768", "imagenet", 8, 768, "66.34M"),
    )
    return {
        f"sdt-v1-{size}/{dataset}": partial(
            _card, size, dataset, depth=depth, width=width, published=published
        )
        for size, dataset, depth, width, published in rows
    }
