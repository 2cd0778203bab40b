"""QKFormer (Zhou et al., NeurIPS 2024): three stages, linear attention in the first two."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, blueprints, cards
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._shared_walks import project, self_attention_block, spike_output
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = [
    "attention_block",
    "event_embedding",
    "first_embedding",
    "next_embedding",
    "qk_block",
    "qkformer_models",
    "stage_widths",
]

_REFERENCE = (
    "C. Zhou et al., 'QKFormer', NeurIPS 2024; layer shapes read in zhouchenlin2096/QKFormer "
    "{imagenet/qkformer.py,cifar10/model.py,cifar10-dvs/model.py}"
)
LEAK_NOTE = (
    "the released stage-3 attention runs its last neuron over merged steps and samples, so "
    "published accuracies hold only with that leak; costs are unaffected"
)
_INTEGERS = Inputs.INTEGERS


def stage_widths(width: int) -> tuple[int, int, int]:
    """Return the widths of the three stages."""
    return width // 4, width // 2, width


def first_embedding(walk: LayerWalk, where: Setting, e: int) -> int:
    """Walk the first patch embedding to width `e`; return its side (a quarter on ImageNet)."""
    down = where.side > 32
    side = where.side
    walk.conv("embed.1.conv0", where.channels, e // 2, kernel=3, side=side, inputs=Inputs.REALS)
    side = side // 2 if down else side
    walk.lif("embed.1.lif0", side * side, e // 2)
    walk.conv("embed.1.conv1", e // 2, e, kernel=3, side=side)
    side = side // 2 if down else side
    walk.lif("embed.1.lif1", side * side, e)
    if down:
        walk.conv("embed.1.conv2", e, e, kernel=3, side=side)
        walk.lif("embed.1.lif2", side * side, e)
    walk.conv("embed.1.skip", e // 2, e, kernel=1, side=side)
    walk.lif("embed.1.skip_lif", side * side, e)
    return side


def event_embedding(walk: LayerWalk, where: Setting, e: int) -> int:
    """Walk the embedding of event data: four convolutions, an eighth of the side."""
    side, c_in, inputs = where.side, where.channels, Inputs.REALS
    for index, c_out in enumerate((e // 8, e // 4, e // 2, e)):
        walk.conv(f"embed.1.conv{index}", c_in, c_out, kernel=3, side=side, inputs=inputs)
        side = side // 2 if index else side
        walk.lif(f"embed.1.lif{index}", side * side, c_out)
        c_in, inputs = c_out, Inputs.SPIKES
    walk.conv("embed.1.skip", e // 4, e, kernel=1, side=side)
    walk.lif("embed.1.skip_lif", side * side, e)
    return side


def next_embedding(walk: LayerWalk, number: int, e: int, side: int, *, early_pool: bool) -> int:
    """Walk the embedding from width e/2 to e; ImageNet pools after its first convolution."""
    half = side // 2
    middle = half if early_pool else side
    name = f"embed.{number}"
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
    walk.attention(f"{name}.attn.mask", 0)
    walk.lif(f"{name}.attn.attn_lif", tokens, heads)
    spike_output(walk, name, tokens, d, ratio=ratio)


def attention_block(
    walk: LayerWalk, name: str, tokens: int, d: int, *, heads: int, ratio: int = 4
) -> None:
    """Walk a spiking self-attention block, keys times values first."""
    macs = 2 * tokens * d * (d // heads)
    self_attention_block(walk, name, tokens, d, macs=macs, ratio=ratio)


def _three_stages(walk: LayerWalk, where: Setting, width: int, heads: int, early: bool) -> int:
    """Walk the image form; return the final side."""
    depths = (1, 2, 7) if early else (1, 1, 2)
    e1, e2, e3 = stage_widths(width)
    side = first_embedding(walk, where, e1)
    for stage, (e, depth) in enumerate(zip((e1, e2, e3), depths, strict=True), start=1):
        if stage > 1:
            side = next_embedding(walk, stage, e, side, early_pool=early)
        block = attention_block if stage == 3 else qk_block
        for index in range(depth):
            block(walk, f"stage.{stage}.block.{index}", side * side, e, heads=heads)
    return side


def _two_stages(walk: LayerWalk, where: Setting, width: int, heads: int, ratio: int) -> int:
    """Walk the event form; return the final side."""
    side = event_embedding(walk, where, width // 2)
    qk_block(walk, "stage.1.block.0", side * side, width // 2, heads=heads, ratio=ratio)
    side = next_embedding(walk, 2, width, side, early_pool=False)
    attention_block(walk, "stage.2.block.0", side * side, width, heads=heads, ratio=ratio)
    return side


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``qkformer-<size>/<dataset>``."""
    where, width, heads = model.where, model.width, model.heads
    walk = LayerWalk(coding=model.coding)
    notes = [LEAK_NOTE]
    if where.static:
        side = _three_stages(walk, where, width, heads, where.dataset.startswith("imagenet"))
    else:
        ratio = 1 if where.dataset == "cifar10-dvs" else 4
        side = _two_stages(walk, where, width, heads, ratio)
        notes.append(
            "pooling place of its second embedding not checked: parameters exact, MACs not"
        )
        if ratio == 4:
            notes.append("the paper prints 1.50M; the released code has an MLP ratio of 4")
    walk.head(width, where.classes)
    return Walked(walk, side * side, tuple(notes))


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
    return cards("qkformer", _REFERENCE, _walk, blueprints(rows))
