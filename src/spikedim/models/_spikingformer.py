"""Spikingformer (Zhou et al., 2023): spikes before every product, residuals on currents."""

from collections.abc import Callable, Mapping
from functools import partial

from spikedim.models._card import Card
from spikedim.models._setting import Setting, setting
from spikedim.models._spikformer import CIFAR_SIZES, IMAGENET_SIZES
from spikedim.models._walk import Inputs, LayerWalk

__all__ = ["spikingformer_models"]

_REFERENCE = (
    "C. Zhou et al., 'Spikingformer', arXiv 2304.11954; layer shapes read in "
    "zhouchenlin2096/Spikingformer {cifar10,imagenet}/model.py"
)


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
    for part in ("q", "k", "v"):
        walk.linear(f"{name}.attn.{part}", width, width, tokens=tokens)
        walk.lif(f"{name}.attn.{part}_lif", tokens, width)
    walk.attention(f"{name}.attn.product", macs)
    walk.lif(f"{name}.attn.attn_lif", tokens, width)
    walk.linear(f"{name}.attn.proj", width, width, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.lif1", tokens, width)
    walk.linear(f"{name}.mlp.fc1", width, 4 * width, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.lif2", tokens, 4 * width)
    walk.linear(f"{name}.mlp.fc2", 4 * width, width, tokens=tokens, bias=True)


def _card(size: str, dataset: str, *, depth: int, width: int, heads: int, published: str) -> Card:
    """Build the card of ``spikingformer-<size>/<dataset>``."""
    where = setting(dataset)
    walk = LayerWalk()
    side = _tokenizer(walk, where, width)
    tokens = side * side
    inner = width // heads if dataset == "imagenet" else tokens
    for index in range(depth):
        _block(walk, f"block.{index}", tokens, width, macs=2 * tokens * width * inner)
    for index in range(depth):
        walk.add(f"block.{index}.unused_layer_norms", "norm", 0, dead=4 * width)
    walk.linear(
        "head", width, where.classes, tokens=1, bias=True, norm=0, inputs=Inputs.REALS, kind="head"
    )
    return Card(
        name=f"spikingformer-{size}/{dataset}",
        family="spikingformer",
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
        notes=("residuals add currents (membrane shortcut): every product inside reads spikes",),
    )


def spikingformer_models() -> Mapping[str, Callable[[], Card]]:
    """Map the names of the family to what builds their cards."""
    rows = [
        *((size, "cifar10", row) for size, row in CIFAR_SIZES.items()),
        *((size, "cifar100", (*row[:3], "")) for size, row in CIFAR_SIZES.items()),
        *((size, "imagenet", row) for size, row in IMAGENET_SIZES.items()),
    ]
    return {
        f"spikingformer-{size}/{dataset}": partial(
            _card, size, dataset, depth=depth, width=width, heads=heads, published=published
        )
        for size, dataset, (depth, width, heads, published) in rows
    }
