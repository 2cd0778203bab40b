"""Spikingformer (Zhou et al., 2023): spikes before every product, residuals on currents."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._shared_walks import current_mlp, project
from spikedim.models.cards._spikformer import (
    SMALL_NOTE,
    is_small,
    published_sizes,
    small_sizes,
)
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["spikingformer_models"]

_REFERENCE = (
    "C. Zhou et al., 'Spikingformer', arXiv 2304.11954; layer shapes read in "
    "zhouchenlin2096/Spikingformer {cifar10,imagenet}/model.py"
)
_RESIDUAL_NOTE = "residuals add currents (membrane shortcut): every product inside reads spikes"


def _tokenizer(walk: LayerWalk, where: Setting, width: int) -> int:
    """Walk the five convolutions, each but the first behind neurons and pooling."""
    side = where.side
    walk.conv("stem.conv0", where.channels, width // 8, kernel=3, side=side, inputs=Inputs.REALS)
    c_in = width // 8
    for index, c_out in enumerate((width // 4, width // 2, width, width)):
        walk.lif(f"stem.lif{index + 1}", side * side, c_in)
        side = (side + 1) // 2 if where.stem_pool[index] else side
        walk.conv(f"stem.conv{index + 1}", c_in, c_out, kernel=3, side=side)
        c_in = c_out
    return side


def _block(walk: LayerWalk, name: str, tokens: int, width: int, macs: int) -> None:
    """Walk one block: every product reads spikes, both residuals add currents."""
    walk.lif(f"{name}.attn.lif", tokens, width)
    project(walk, name, tokens, width)
    walk.attention(f"{name}.attn.product", macs, twin_macs=2 * tokens**2 * width)
    walk.lif(f"{name}.attn.attn_lif", tokens, width)
    walk.linear(f"{name}.attn.proj", width, width, tokens=tokens, bias=True)
    current_mlp(walk, name, tokens, width)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spikingformer-<size>/<dataset>``."""
    where, width = model.where, model.width
    walk = LayerWalk(coding=model.coding)
    side = _tokenizer(walk, where, width)
    tokens = side * side
    inner = width // model.heads if where.imagenet else tokens
    for index in range(model.depth):
        _block(walk, f"block.{index}", tokens, width, macs=2 * tokens * width * inner)
    for index in range(model.depth):
        walk.add(f"block.{index}.unused_layer_norms", "norm", 0, dead=4 * width)
    walk.head(width, where.classes)
    notes = (_RESIDUAL_NOTE, *((SMALL_NOTE,) if is_small(model) else ()), *where.notes)
    return Walked(walk, tokens, notes)


def spikingformer_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes; the sizes are Spikformer's."""
    models = (*small_sizes(), *published_sizes())
    return cards("spikingformer", _REFERENCE, _walk, models)
