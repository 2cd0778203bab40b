"""Spike-driven Transformer, version 2 / Meta-SpikeFormer (Yao et al., ICLR 2024)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import setting
from spikedim.models.cards._shared_walks import current_mlp
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["sdt_v2_models"]

_REFERENCE = (
    "M. Yao et al., 'Spike-driven Transformer V2', ICLR 2024; layer shapes read in "
    "BICLab/Spike-Driven-Transformer-V2 classification/models.py"
)
_HEADS = 8


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
    inner(f"{name}.conv2", d, d, kernel=1, norm=4)


def _attention_block(walk: LayerWalk, name: str, d: int, side: int, *, fused: bool) -> None:
    """Walk spike-driven self-attention 3 and its MLP."""
    tokens = side * side
    walk.lif(f"{name}.attn.lif", tokens, d)
    for part in ("q", "k", "v"):
        _rep_conv(walk, f"{name}.attn.{part}", d, side, fused=fused)
        walk.lif(f"{name}.attn.{part}_lif", tokens, d)
    walk.attention(f"{name}.attn.product", 2 * tokens * d * (d // _HEADS))
    walk.lif(f"{name}.attn.attn_lif", tokens, d)
    _rep_conv(walk, f"{name}.attn.proj", d, side, fused=fused)
    current_mlp(walk, name, tokens, d)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``sdt-v2-<size>/imagenet``, stage by stage."""
    where, side = model.where, model.where.side
    base, _, suffix = model.size.partition("-")
    fused = suffix == "fused"
    c1, c2, c3, c4 = _WIDTHS[base]
    walk = LayerWalk(coding=model.coding)
    # c_in, c_out, kernel, whether the grid halves, blocks behind it, whether they attend
    stages = (
        (where.channels, c1 // 2, 7, True, 1, False),
        (c1 // 2, c1, 3, True, 1, False),
        (c1, c2, 3, True, 2, False),
        (c2, c3, 3, True, 6, True),
        (c3, c4, 3, False, 2, True),
    )
    for number, (c_in, c_out, kernel, halves, blocks, attends) in enumerate(stages):
        first = number == 0
        if not first:
            walk.lif(f"down.{number}.lif", side * side, c_in)
        side = side // 2 if halves else side
        walk.conv(
            f"down.{number}",
            c_in,
            c_out,
            kernel=kernel,
            side=side,
            bias=True,
            inputs=Inputs.REALS if first else Inputs.SPIKES,
        )
        for index in range(blocks):
            name = f"stage.{number}.block.{index}"
            if attends:
                _attention_block(walk, name, c_out, side, fused=fused)
            else:
                _conv_block(walk, name, c_out, side)
    walk.lif("head_lif", 1, c4)
    walk.head(c4, where.classes, inputs=Inputs.SPIKES)
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
    if size.startswith("15m"):
        yield "its constructor is missing in the repository; widths confirmed by the count"


_WIDTHS = {
    "15m": (64, 128, 256, 360),
    "31m": (96, 192, 384, 480),
    "55m": (128, 256, 512, 640),
    "124m": (192, 384, 768, 960),
}
_PUBLISHED = {"15m": "15.1M", "31m": "31.3M", "55m": "55.4M"}


def sdt_v2_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    where = setting("imagenet")
    trained = [
        Blueprint(size, where, 8, widths[-1], _HEADS, _PUBLISHED.get(size, ""))
        for size, widths in _WIDTHS.items()
    ]
    fused = [replace(model, size=f"{model.size}-fused", published="") for model in trained]
    return cards("sdt-v2", _REFERENCE, _walk, (*trained, *fused))
