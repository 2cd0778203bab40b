"""Spikformer (Zhou et al., ICLR 2023): layer walks of its image and event forms."""

from collections.abc import Callable, Mapping
from functools import partial

from spikedim.models._card import Card
from spikedim.models._setting import Setting, setting
from spikedim.models._walk import Inputs, LayerWalk

__all__ = ["CIFAR_SIZES", "IMAGENET_SIZES", "spikformer_models", "spiking_patch_splitting"]

_REFERENCE = (
    "Z. Zhou et al., 'Spikformer: when spiking neural network meets transformer', ICLR 2023; "
    "layer shapes read in ZK-Zhou/spikformer {cifar10,imagenet,cifar10dvs}/model.py"
)
_RESIDUAL_NOTE = (
    "residuals add spikes (activation before addition), so most layers read small integers, "
    "which the published tables count as accumulates weighted by their mean"
)


def spiking_patch_splitting(
    walk: LayerWalk, where: Setting, width: int, *, pool: tuple[bool, ...]
) -> int:
    """Walk five 3 x 3 convolutions with pooling after the marked ones; return the final side."""
    side, c_in = where.side, where.channels
    inputs = Inputs.REALS
    for index, c_out in enumerate((width // 8, width // 4, width // 2, width)):
        walk.conv(f"stem.conv{index}", c_in, c_out, kernel=3, side=side, inputs=inputs)
        walk.lif(f"stem.lif{index}", side * side, c_out)
        side = (side + 1) // 2 if pool[index] else side
        c_in, inputs = c_out, Inputs.SPIKES
    walk.conv("stem.rpe", width, width, kernel=3, side=side)
    walk.lif("stem.rpe_lif", side * side, width)
    return side


def _block(walk: LayerWalk, name: str, tokens: int, width: int, *, linear: bool, macs: int) -> None:
    """Walk one block; the CIFAR form (`linear`) gives q, k and v a bias."""
    for part in ("q", "k", "v"):
        walk.linear(
            f"{name}.attn.{part}",
            width,
            width,
            tokens=tokens,
            bias=linear,
            inputs=Inputs.INTEGERS,
        )
        walk.lif(f"{name}.attn.{part}_lif", tokens, width)
    walk.attention(f"{name}.attn.product", macs)
    walk.lif(f"{name}.attn.attn_lif", tokens, width)
    walk.linear(f"{name}.attn.proj", width, width, tokens=tokens, bias=True)
    walk.lif(f"{name}.attn.proj_lif", tokens, width)
    walk.linear(
        f"{name}.mlp.fc1", width, 4 * width, tokens=tokens, bias=True, inputs=Inputs.INTEGERS
    )
    walk.lif(f"{name}.mlp.fc1_lif", tokens, 4 * width)
    walk.linear(f"{name}.mlp.fc2", 4 * width, width, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.fc2_lif", tokens, width)
    walk.add(f"{name}.unused_layer_norms", "norm", 0, dead=4 * width)


def _card(
    size: str, dataset: str, *, depth: int, width: int, heads: int, published: str = ""
) -> Card:
    """Build the card of ``spikformer-<size>/<dataset>``."""
    where = setting(dataset)
    walk = LayerWalk()
    side = spiking_patch_splitting(walk, where, width, pool=where.stem_pool)
    tokens = side * side
    # k^T v first costs N d_k a feature, q k^T first N: the released code differs by data set.
    inner = width // heads if dataset == "imagenet" else tokens
    linear = where.static and dataset != "imagenet"
    for index in range(depth):
        _block(
            walk,
            f"block.{index}",
            tokens,
            width,
            linear=linear,
            macs=2 * tokens * width * inner,
        )
    walk.linear(
        "head", width, where.classes, tokens=1, bias=True, norm=0, inputs=Inputs.REALS, kind="head"
    )
    notes = [_RESIDUAL_NOTE]
    if not where.static:
        walk.add("unused.pos_embed", "embedding", 0, dead=tokens * width)
        walk.add("unused.norm", "norm", 0, dead=2 * width)
        notes.append("the released positional embedding and final norm never act")
        notes.append("MACs derived from the stated stem, not checked in a forward pass")
    if size in _SMALL:
        notes.append("not a published size: the CIFAR form, small enough to train on a CPU")
    elif width == 256 and where.static:
        notes.append("heads chosen for d_k = 32, as the released 384 form; no count depends on it")
    elif width == 768:
        notes.append("head count not fixed in the repository: 8 here, 12 elsewhere changes MACs")
    notes.extend(where.notes)
    return Card(
        name=f"spikformer-{size}/{dataset}",
        family="spikformer",
        dataset=dataset,
        input_shape=where.input_shape,
        classes=where.classes,
        depth=depth,
        heads=heads,
        tokens=tokens,
        width=width,
        steps=where.steps,
        layers=walk.rows,
        published_parameters=published,
        reference=_REFERENCE,
        notes=tuple(notes),
    )


CIFAR_SIZES = {
    # size: depth, width, heads (d_k = 32 throughout; 12 for 384 is the released setting)
    "4-256": (4, 256, 8, "4.15M"),
    "2-384": (2, 384, 12, "5.76M"),
    "4-384": (4, 384, 12, "9.32M"),
}
IMAGENET_SIZES = {
    "8-384": (8, 384, 8, "16.81M"),
    "6-512": (6, 512, 8, "23.37M"),
    "8-512": (8, 512, 8, "29.68M"),
    "10-512": (10, 512, 8, "36.01M"),
    "8-768": (8, 768, 8, "66.34M"),
}
_SMALL = {"2-64": (2, 64, 2), "2-128": (2, 128, 4)}


def spikformer_models() -> Mapping[str, Callable[[], Card]]:
    """Map the names of the family to what builds their cards."""
    models: dict[str, Callable[[], Card]] = {}

    def add(size: str, dataset: str, depth: int, width: int, heads: int, published: str) -> None:
        models[f"spikformer-{size}/{dataset}"] = partial(
            _card, size, dataset, depth=depth, width=width, heads=heads, published=published
        )

    for size, (depth, width, heads) in _SMALL.items():
        for dataset in ("digits", "mnist", "fashion-mnist", "cifar10"):
            add(size, dataset, depth, width, heads, "")
    for size, row in CIFAR_SIZES.items():
        add(size, "cifar10", *row)
        add(size, "cifar100", *row[:3], "")  # the published sizes have the CIFAR-10 head
    for size, row in IMAGENET_SIZES.items():
        add(size, "imagenet", *row)
    add("2-256", "cifar10-dvs", 2, 256, 16, "2.59M")
    return models
