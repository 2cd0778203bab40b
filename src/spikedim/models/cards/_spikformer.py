"""Spikformer (Zhou et al., ICLR 2023): layer walks of its image and event forms."""

from collections.abc import Iterator, Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import setting
from spikedim.models.cards._shared_walks import self_attention_block, spiking_patch_splitting
from spikedim.models.cards._walk import LayerWalk

__all__ = ["SMALL_NOTE", "is_small", "published_sizes", "small_sizes", "spikformer_models"]

_REFERENCE = (
    "Z. Zhou et al., 'Spikformer: when spiking neural network meets transformer', ICLR 2023; "
    "layer shapes read in ZK-Zhou/spikformer {cifar10,imagenet,cifar10dvs}/model.py"
)
_RESIDUAL_NOTE = (
    "residuals add spikes (activation before addition), so most layers read small integers, "
    "which the published tables count as accumulates weighted by their mean"
)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spikformer-<size>/<dataset>``."""
    where, width = model.where, model.width
    walk = LayerWalk(coding=model.coding)
    side = spiking_patch_splitting(walk, where, width)
    tokens = side * side
    walk.lif("stem.rpe_lif", tokens, width)
    released_for_imagenet = where.imagenet
    # k^T v first costs N d_k a feature, q k^T first N: the released code differs by data set.
    inner = width // model.heads if released_for_imagenet else tokens
    for index in range(model.depth):
        self_attention_block(
            walk,
            f"block.{index}",
            tokens,
            width,
            bias=where.static and not released_for_imagenet,
            macs=2 * tokens * width * inner,
        )
        walk.add(f"block.{index}.unused_layer_norms", "norm", 0, dead=4 * width)
    walk.head(width, where.classes)
    if not where.static:
        walk.add("unused.pos_embed", "embedding", 0, dead=tokens * width)
        walk.add("unused.norm", "norm", 0, dead=2 * width)
    return Walked(walk, tokens, (_RESIDUAL_NOTE, *_notes(model), *where.notes))


def _notes(model: Blueprint) -> tuple[str, ...]:
    """Say what is particular to one size or data set."""
    if not model.where.static:
        return (
            "the released positional embedding and final norm never act",
            "MACs derived from the stated stem, not checked in a forward pass",
        )
    if is_small(model):
        return (SMALL_NOTE,)
    if model.width == 256:
        return ("heads chosen for d_k = 32, as the released 384 form; no count depends on it",)
    if model.width == 768:
        return ("head count not fixed in the repository: 8 here, 12 elsewhere changes MACs",)
    return ()


_CIFAR_SIZES = {
    # size: depth, width, heads (d_k = 32 throughout; 12 for 384 is the released setting)
    "4-256": (4, 256, 8, "4.15M"),
    "2-384": (2, 384, 12, "5.76M"),
    "4-384": (4, 384, 12, "9.32M"),
}
_IMAGENET_SIZES = {
    "8-384": (8, 384, 8, "16.81M"),
    "6-512": (6, 512, 8, "23.37M"),
    "8-512": (8, 512, 8, "29.68M"),
    "10-512": (10, 512, 8, "36.01M"),
    "8-768": (8, 768, 8, "66.34M"),
}
_SMALL = {"2-64": (2, 64, 2), "2-128": (2, 128, 4)}
SMALL_NOTE = "not a published size: the CIFAR form, small enough to train on a CPU"


def is_small(model: Blueprint) -> bool:
    """Say whether this is one of the sizes for a CPU."""
    return model.size in _SMALL


def small_sizes() -> Iterator[Blueprint]:
    """Yield the sizes for a CPU, on every small data set."""
    for size, row in _SMALL.items():
        for dataset in ("digits", "mnist", "fashion-mnist", "cifar10"):
            yield Blueprint(size, setting(dataset), *row)


def published_sizes() -> Iterator[Blueprint]:
    """Yield the sizes of the paper: CIFAR-10, CIFAR-100 and ImageNet."""
    for size, row in _CIFAR_SIZES.items():
        yield Blueprint(size, setting("cifar10"), *row)
        yield Blueprint(size, setting("cifar100"), *row[:3])  # published with the CIFAR-10 head
    for size, row in _IMAGENET_SIZES.items():
        yield Blueprint(size, setting("imagenet"), *row)


def spikformer_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    events = Blueprint("2-256", setting("cifar10-dvs"), 2, 256, 16, "2.59M")
    return cards("spikformer", _REFERENCE, _walk, (*small_sizes(), *published_sizes(), events))
