"""Spike-driven Transformer, version 1 (Yao et al., NeurIPS 2023)."""

from collections.abc import Mapping
from dataclasses import replace

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, blueprints, cards
from spikedim.models.cards._setting import setting
from spikedim.models.cards._shared_walks import current_mlp, project, spiking_patch_splitting
from spikedim.models.cards._spikformer import SMALL_NOTE, is_small, small_sizes
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["sdt_v1_models"]

_REFERENCE = (
    "M. Yao et al., 'Spike-driven Transformer', NeurIPS 2023; layer shapes read in "
    "BICLab/Spike-Driven-Transformer module/{sps,ms_conv}.py"
)
_HEADS = 8


def _block(walk: LayerWalk, name: str, tokens: int, model: Blueprint) -> None:
    """Walk one block; its attention masks and adds, so it has no products."""
    width, twin = model.width, not model.coding.spiking
    walk.lif(f"{name}.attn.lif", tokens, width)
    project(walk, name, tokens, width)
    walk.attention(f"{name}.attn.product", 0, twin_macs=2 * tokens**2 * width)
    # One gate a feature; softmax attention gives each token values of its own in its place.
    walk.lif(f"{name}.attn.talking_heads_lif", tokens if twin else 1, width)
    walk.add(f"{name}.attn.unused_talking_heads", "conv", 0, dead=model.heads**2)
    walk.linear(f"{name}.attn.proj", width, width, tokens=tokens, bias=True)
    current_mlp(walk, name, tokens, width)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``sdt-v1-<size>/<dataset>``."""
    where, width = model.where, model.width
    walk = LayerWalk(coding=model.coding)
    side = spiking_patch_splitting(walk, where, width, pool_last_current=True)
    tokens = side * side
    for index in range(model.depth):
        _block(walk, f"block.{index}", tokens, model)
    walk.lif("head_lif", 1, width)
    walk.head(width, where.classes, inputs=Inputs.SPIKES)
    notes = ["the published count includes talking_heads, which never acts"]
    if is_small(model):
        notes = [SMALL_NOTE, *where.notes]
    if not where.static:
        notes.append("events are resized to 64 x 64; MACs derived from the stated stem, unchecked")
    if model.size == "8-768":
        notes.append("77.07 % was measured at 288 x 288; 76.32 % at 224 x 224")
    return Walked(walk, tokens, tuple(notes))


def sdt_v1_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    cifar = (
        ("2-512", "cifar10", 2, 512, _HEADS, ""),
        ("2-512", "cifar100", 2, 512, _HEADS, "10.28M"),
    )
    resized = replace(
        setting("cifar10-dvs"), input_shape=(2, 64, 64), stem_pool=(False, False, True, True)
    )
    events = Blueprint("2-256", resized, 2, 256, _HEADS, "2.57M")
    imagenet = (
        ("8-384", "imagenet", 8, 384, _HEADS, "16.81M"),
        ("6-512", "imagenet", 6, 512, _HEADS, "23.37M"),
        ("8-512", "imagenet", 8, 512, _HEADS, "29.68M"),
        ("10-512", "imagenet", 10, 512, _HEADS, "36.01M"),
        ("8-768", "imagenet", 8, 768, _HEADS, "66.34M"),
    )
    models = (*small_sizes(), *blueprints(cifar), events, *blueprints(imagenet))
    return cards("sdt-v1", _REFERENCE, _walk, models)
