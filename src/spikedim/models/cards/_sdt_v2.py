"""Spike-driven Transformer, version 2 / Meta-SpikeFormer (Yao et al., ICLR 2024)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import final

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import setting
from spikedim.models.cards._shared_walks import current_mlp
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["MetaStage", "meta_stages", "sdt_v2_models"]

_REFERENCE = (
    "M. Yao et al., 'Spike-driven Transformer V2', ICLR 2024; layer shapes read in "
    "BICLab/Spike-Driven-Transformer-V2 classification/models.py"
)


def _conv_block(walk: LayerWalk, name: str, c: int, side: int) -> None:
    """Walk a separable and a channel convolution, each with its residual."""
    pixels = side * side
    walk.lif(f"{name}.sep.lif1", pixels, c)
    walk.conv(f"{name}.sep.expand", c, 2 * c, kernel=1, side=side)
    walk.lif(f"{name}.sep.lif2", pixels, 2 * c)
    walk.conv(f"{name}.sep.depthwise", 2 * c, 2 * c, kernel=7, side=side, groups=2 * c, norm=0)
    walk.conv(
        f"{name}.sep.reduce", 2 * c, c, kernel=1, side=side, inputs=Inputs.REALS, kind="inner_conv"
    )
    walk.lif(f"{name}.channel.lif1", pixels, c)
    walk.conv(f"{name}.channel.expand", c, 4 * c, kernel=3, side=side)
    walk.lif(f"{name}.channel.lif2", pixels, 4 * c)
    walk.conv(f"{name}.channel.reduce", 4 * c, c, kernel=3, side=side)


def _rep_conv(walk: LayerWalk, name: str, d: int, side: int, *, fused: bool) -> None:
    """Walk a re-parameterised convolution: three linear layers, or the 3 x 3 they fuse to."""
    if fused:
        walk.conv(name, d, d, kernel=3, side=side, bias=True)  # the outer BatchNorm stays
        return
    inner = partial(walk.conv, side=side, inputs=Inputs.REALS, kind="inner_conv")
    walk.conv(f"{name}.conv1", d, d, kernel=1, side=side)
    inner(f"{name}.depthwise", d, d, kernel=3, groups=d, norm=0)
    inner(f"{name}.conv2", d, d, kernel=1)
    walk.add(f"{name}.norm", "norm", 0, norm=2 * d, inputs=Inputs.REALS)


def _attention_block(
    walk: LayerWalk, name: str, d: int, side: int, *, heads: int, fused: bool
) -> None:
    """Walk spike-driven self-attention 3 and its MLP."""
    tokens = side * side
    walk.lif(f"{name}.attn.lif", tokens, d)
    for part in ("q", "k", "v"):
        _rep_conv(walk, f"{name}.attn.{part}", d, side, fused=fused)
        walk.lif(f"{name}.attn.{part}_lif", tokens, d)
    macs = 2 * tokens * d * (d // heads)
    walk.attention(f"{name}.attn.product", macs, twin_macs=2 * tokens**2 * d)
    walk.lif(f"{name}.attn.attn_lif", tokens, d)
    _rep_conv(walk, f"{name}.attn.proj", d, side, fused=fused)
    current_mlp(walk, name, tokens, d)


@final
@dataclass(frozen=True)
class MetaStage:
    """Channels in and out and stride of the down-sampling, the blocks behind it."""

    c_in: int
    c_out: int
    stride: int
    blocks: int
    attends: bool
    reads_image: bool = False  # a 7 x 7 convolution without neurons, not 3 x 3 behind neurons


def meta_stages(model: Blueprint) -> tuple[MetaStage, ...]:
    """Return the five stages; the first four halve the map where a stem of the data set pools.

    On ImageNet all four do, as released. The forms for smaller images are not published.
    """
    where = model.where
    c1, c2, c3, c4 = _WIDTHS[model.size.removesuffix(_FUSED)]
    strides = [2 if halves else 1 for halves in where.stem_pool]
    return (
        MetaStage(where.channels, c1 // 2, strides[0], 1, attends=False, reads_image=True),
        MetaStage(c1 // 2, c1, strides[1], 1, attends=False),
        MetaStage(c1, c2, strides[2], 2, attends=False),
        MetaStage(c2, c3, strides[3], 6, attends=True),
        MetaStage(c3, c4, 1, 2, attends=True),
    )


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``sdt-v2-<size>/<dataset>``, stage by stage."""
    where, side = model.where, model.where.side
    fused = model.size.endswith(_FUSED)
    walk = LayerWalk(coding=model.coding)
    for number, stage in enumerate(meta_stages(model)):
        name, c_in, c_out = f"stage.{number}.down", stage.c_in, stage.c_out
        first = stage.reads_image
        if not first:
            walk.lif(f"{name}.lif", side * side, c_in)
        side //= stage.stride
        walk.conv(
            name if first else f"{name}.conv",
            c_in,
            c_out,
            kernel=7 if first else 3,
            side=side,
            bias=True,
            inputs=Inputs.REALS if first else Inputs.SPIKES,
        )
        for index in range(stage.blocks):
            name = f"stage.{number}.block.{index}"
            if stage.attends:
                _attention_block(walk, name, c_out, side, heads=model.heads, fused=fused)
            else:
                _conv_block(walk, name, c_out, side)
    walk.lif("head_lif", 1, c_out)
    walk.head(c_out, where.classes, inputs=Inputs.SPIKES)
    return Walked(walk, side * side, tuple(_notes(model.size, fused=fused)))


def _notes(size: str, *, fused: bool) -> Iterator[str]:
    """Yield the traps of one size and form."""
    yield "SepConv's depthwise output enters its second 1 x 1 convolution as real values"
    if fused:
        yield "RepConv fused to one dense 3 x 3 convolution that reads spikes; size derived"
    else:
        yield (
            "RepConv as trained: its inner convolutions read real values, so the net is not "
            f"spike-driven until fused (sdt-v2-{size}-fused); papers book it as accumulates"
        )
    if size.startswith("xs"):
        yield (
            "not a published size: the layout of the others, halving the map only where the "
            "five-convolution stem of the same data set pools, attention scaled by .5 and not "
            ".125; small enough to train on a CPU"
        )
    if size.startswith("15m"):
        yield "its constructor is missing in the repository; widths confirmed by the count"


_FUSED = "-fused"
_WIDTHS = {
    "xs": (16, 32, 48, 64),
    "15m": (64, 128, 256, 360),
    "31m": (96, 192, 384, 480),
    "55m": (128, 256, 512, 640),
    "124m": (192, 384, 768, 960),
}
_PUBLISHED = {"15m": "15.1M", "31m": "31.3M", "55m": "55.4M", "124m": ""}


def sdt_v2_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    small = [
        Blueprint("xs", setting(dataset), 8, 64, 2)
        for dataset in ("digits", "mnist", "fashion-mnist", "cifar10")
    ]
    official = [
        Blueprint(size, setting("imagenet"), 8, _WIDTHS[size][-1], 8, text)
        for size, text in _PUBLISHED.items()
    ]
    trained = (*small, *official)
    fused = (replace(model, size=model.size + _FUSED, published="") for model in trained)
    return cards("sdt-v2", _REFERENCE, _walk, (*trained, *fused))
