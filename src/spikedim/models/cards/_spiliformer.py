"""SpiLiFormer (ICCV 2025): QKFormer with lateral inhibition and a feedback pass."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, blueprints, cards
from spikedim.models.cards._qkformer import (
    LEAK_NOTE,
    attention_block,
    event_embedding,
    first_embedding,
    next_embedding,
    qk_block,
    stage_widths,
)
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["spiliformer_models"]

_REFERENCE = (
    "'SpiLiFormer', ICCV 2025; no code is public: layers derived from the paper's description "
    "and confirmed by its parameter counts only"
)
_NOTES = (
    LEAK_NOTE,
    "shapes and MACs derived, not read in code; the second pass re-runs the last stage",
)


def _blocks(
    walk: LayerWalk, prefix: str, count: int, tokens: int, d: int, heads: int, ratio: int
) -> None:
    """Walk the feedback blocks of the last stage."""
    for index in range(count):
        attention_block(walk, f"{prefix}.block.{index}", tokens, d, heads=heads, ratio=ratio)


def _feedback(walk: LayerWalk, count: int, tokens: int, d: int) -> None:
    """Walk the prompts and the chain of decoders, one for each feedback block."""
    walk.add("feedback.prompts", "embedding", 2 * d, macs=2 * tokens * d, inputs=Inputs.REALS)
    for index in reversed(range(count)):
        first = index == count - 1
        walk.linear(
            f"feedback.decoder.{index}",
            d,
            d,
            tokens=tokens,
            inputs=Inputs.REALS if first else Inputs.SPIKES,
        )
        walk.lif(f"feedback.decoder.{index}.lif", tokens, d)


def _second_pass(
    walk: LayerWalk, count: int, tokens: int, d: int, heads: int, ratio: int
) -> LayerWalk:
    """Return a walk whose last stage acts again, without new parameters or neurons."""
    again = LayerWalk()
    _blocks(again, "pass2", count, tokens, d, heads, ratio)
    for row in again.rows:
        inputs = Inputs.INTEGERS if row.integer_input else Inputs.SPIKES
        walk.add(row.name, row.kind, 0, macs=row.macs, inputs=inputs)
        if row.name.endswith("attn.v"):
            walk.add(f"{row.name}_feedback", "linear", 0, macs=row.macs)
    return walk


def _stages(walk: LayerWalk, where: Setting, width: int, heads: int) -> tuple[int, int, int]:
    """Walk all layers; return the final side, the feedback blocks and the MLP ratio."""
    if not where.static:
        side = event_embedding(walk, where, width // 2)
        qk_block(walk, "stage.1.block.0", side * side, width // 2, heads=heads, ratio=1)
        side = next_embedding(walk, 2, width, side, early_pool=False)
        return side, 1, 1
    early = where.side > 32
    e1, e2, e3 = stage_widths(width)
    side = first_embedding(walk, where, e1)
    for stage, e, depth in ((1, e1, 1), (2, e2, 2 if early else 1)):
        if stage > 1:
            side = next_embedding(walk, stage, e, side, early_pool=early)
        for index in range(depth):
            qk_block(walk, f"stage.{stage}.block.{index}", side * side, e, heads=heads)
    return next_embedding(walk, 3, e3, side, early_pool=early), 7 if early else 2, 4


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spiliformer-<size>/<dataset>``."""
    where, width, heads = model.where, model.width, model.heads
    walk = LayerWalk()
    side, count, ratio = _stages(walk, where, width, heads)
    tokens = side * side
    _blocks(walk, "stage.feedback", count, tokens, width, heads, ratio)
    _feedback(walk, count, tokens, width)
    _second_pass(walk, count, tokens, width, heads, ratio)
    walk.head(width, where.classes)
    return Walked(walk, tokens, _NOTES)


def spiliformer_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    rows = (
        ("4-384", "cifar10", 4, 384, 8, ""),
        ("4-384", "cifar100", 4, 384, 8, "7.04M"),
        ("10-768", "imagenet", 10, 768, 12, "69.10M"),
        ("2-256", "cifar10-dvs", 2, 256, 16, "1.57M"),
    )
    return cards("spiliformer", _REFERENCE, _walk, blueprints(rows))
