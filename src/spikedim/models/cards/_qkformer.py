"""QKFormer (Zhou et al., NeurIPS 2024): three stages, linear attention in the first two."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, blueprints, cards
from spikedim.models.cards._setting import Setting, setting
from spikedim.models.cards._shared_walks import project, self_attention_block, spike_output
from spikedim.models.cards._spikformer import SMALL_NOTE
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = [
    "QKFormerShape",
    "attention_block",
    "event_embedding",
    "first_embedding",
    "next_embedding",
    "qk_block",
    "qkformer_models",
    "qkformer_shape",
    "stage_widths",
]

_REFERENCE = (
    "C. Zhou et al., 'QKFormer', NeurIPS 2024; layer shapes read in zhouchenlin2096/QKFormer "
    "{imagenet/qkformer.py,cifar10/model.py,cifar10-dvs/model.py,dvs128-gesture/model.py}"
)
LEAK_NOTE = (
    "the released stage-3 attention runs its last neuron over merged steps and samples, so "
    "published accuracies hold only with that leak; costs are unaffected"
)
_INTEGERS = Inputs.INTEGERS


@final
@dataclass(frozen=True)
class QKFormerShape:
    """What the data set and the width fix about the stages.

    Parameters
    ----------
    widths, depths : tuple of int
        Features and blocks of each stage; the last stage has self-attention.
    ratio : int
        Hidden over outer features of the MLPs.
    early_pool : bool
        Whether embeddings halve the map behind their first convolution, as on ImageNet.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    ratio: int
    early_pool: bool


def qkformer_shape(model: Blueprint) -> QKFormerShape:
    """Return the stages of a model: the last takes the blocks that the fixed others leave."""
    where, early = model.where, pools_early(model.where)
    if where.static:
        first: tuple[int, ...] = (1, 2) if early else (1, 1)
        widths: tuple[int, ...] = stage_widths(model.width)
    else:
        first, widths = (1,), stage_widths(model.width)[1:]
    ratio = 1 if where.dataset == "cifar10-dvs" else 4
    return QKFormerShape(widths, (*first, model.depth - sum(first)), ratio, early)


def stage_widths(width: int) -> tuple[int, int, int]:
    """Return the widths of the three stages of the image form; events begin at the second."""
    return width // 4, width // 2, width


def pools_early(where: Setting) -> bool:
    """Say whether this is the ImageNet form, whose embeddings pool early."""
    return where.imagenet


def first_embedding(walk: LayerWalk, where: Setting, e: int) -> int:
    """Walk the first patch embedding to width `e`; return its side (a quarter on ImageNet)."""
    early, side, name = pools_early(where), where.side, "stage.1.embed"
    walk.conv(f"{name}.conv0", where.channels, e // 2, kernel=3, side=side, inputs=Inputs.REALS)
    side = side // 2 if early else side
    walk.lif(f"{name}.lif0", side * side, e // 2)
    walk.conv(f"{name}.conv1", e // 2, e, kernel=3, side=side)
    side = side // 2 if early else side
    walk.lif(f"{name}.lif1", side * side, e)
    if early:
        walk.conv(f"{name}.conv2", e, e, kernel=3, side=side)
        walk.lif(f"{name}.lif2", side * side, e)
    walk.conv(f"{name}.skip", e // 2, e, kernel=1, side=side)
    walk.lif(f"{name}.skip_lif", side * side, e)
    return side


def event_embedding(walk: LayerWalk, where: Setting, e: int) -> int:
    """Walk the embedding of event data: four convolutions, an eighth of the side."""
    side, c_in, inputs, name = where.side, where.channels, Inputs.REALS, "stage.1.embed"
    for index, c_out in enumerate((e // 8, e // 4, e // 2, e)):
        walk.conv(f"{name}.conv{index}", c_in, c_out, kernel=3, side=side, inputs=inputs)
        side = side // 2 if index else side
        walk.lif(f"{name}.lif{index}", side * side, c_out)
        c_in, inputs = c_out, Inputs.SPIKES
    walk.conv(f"{name}.skip", e // 4, e, kernel=1, side=side)
    walk.lif(f"{name}.skip_lif", side * side, e)
    return side


def next_embedding(walk: LayerWalk, number: int, e: int, side: int, *, early_pool: bool) -> int:
    """Walk the embedding from width e/2 to e; ImageNet pools after its first convolution."""
    half = side // 2
    middle = half if early_pool else side
    name = f"stage.{number}.embed"
    walk.conv(f"{name}.conv1", e // 2, e, kernel=3, side=side, inputs=_INTEGERS)
    walk.lif(f"{name}.lif1", middle * middle, e)
    walk.conv(f"{name}.conv2", e, e, kernel=3, side=middle)
    walk.lif(f"{name}.lif2", half * half, e)
    walk.conv(f"{name}.skip", e // 2, e, kernel=1, side=half, inputs=_INTEGERS)
    walk.lif(f"{name}.skip_lif", half * half, e)
    return half


def qk_block(
    walk: LayerWalk, name: str, tokens: int, d: int, *, heads: int, ratio: int = 4
) -> None:
    """Walk a token QK attention block: a mask by head, no value, no product."""
    project(walk, name, tokens, d, parts="qk", inputs=_INTEGERS)
    walk.attention(f"{name}.attn.mask", 0, twin_macs=2 * tokens**2 * d)
    # The twin has softmax attention in the place of the mask; what it codes are its outputs, which
    # are convex combinations of rates, and so rates themselves.
    walk.lif(f"{name}.attn.attn_lif", tokens, heads if walk.coding.spiking else d)
    spike_output(walk, name, tokens, d, ratio=ratio)


def attention_block(
    walk: LayerWalk, name: str, tokens: int, d: int, *, heads: int, ratio: int = 4
) -> None:
    """Walk a spiking self-attention block, keys times values first."""
    macs = 2 * tokens * d * (d // heads)
    self_attention_block(walk, name, tokens, d, macs=macs, ratio=ratio)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``qkformer-<size>/<dataset>``."""
    where, shape = model.where, qkformer_shape(model)
    walk = LayerWalk(coding=model.coding)
    embedding = first_embedding if where.static else event_embedding
    side = embedding(walk, where, shape.widths[0])
    last = len(shape.widths)
    for stage, (e, depth) in enumerate(zip(shape.widths, shape.depths, strict=True), start=1):
        if stage > 1:
            side = next_embedding(walk, stage, e, side, early_pool=shape.early_pool)
        block = attention_block if stage == last else qk_block
        for index in range(depth):
            name = f"stage.{stage}.block.{index}"
            block(walk, name, side * side, e, heads=model.heads, ratio=shape.ratio)
    walk.head(model.width, where.classes)
    return Walked(walk, side * side, tuple(_notes(model)))


def _notes(model: Blueprint) -> Iterator[str]:
    """Yield the traps of one size and data set."""
    yield LEAK_NOTE
    if model.size in _SMALL:
        yield SMALL_NOTE
    if model.where.dataset == "dvs128-gesture":
        yield "the paper prints 1.50M; the released code has an MLP ratio of 4"


# d_k = 8, 16, 32 in the three stages. Digits would leave 4 tokens to the last stage, whose
# attention sums over tokens and would be silent.
_SMALL = {"4-64": (4, 64, 2), "4-96": (4, 96, 3)}


def qkformer_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    rows = (
        ("4-384", "cifar10", 4, 384, 8, ""),
        ("4-384", "cifar100", 4, 384, 8, "6.74M"),
        ("10-384", "imagenet", 10, 384, 6, "16.47M"),
        ("10-512", "imagenet", 10, 512, 8, "29.08M"),
        ("10-768", "imagenet", 10, 768, 12, "64.96M"),
        ("10-768", "imagenet-288", 10, 768, 12, "64.96M"),
        ("10-768", "imagenet-384", 10, 768, 12, "64.96M"),
        ("2-256", "cifar10-dvs", 2, 256, 16, "1.50M"),
        ("2-256", "dvs128-gesture", 2, 256, 16, "1.50M"),
    )
    small = (
        Blueprint(size, setting(dataset), *row)
        for size, row in _SMALL.items()
        for dataset in ("mnist", "fashion-mnist", "cifar10")
    )
    return cards("qkformer", _REFERENCE, _walk, (*small, *blueprints(rows)))
