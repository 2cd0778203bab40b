"""SpikeGPT (Zhu et al., 2023): a recurrent language model whose time axis is the token axis."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["spikegpt_models"]

_REFERENCE = (
    "R.-J. Zhu et al., 'SpikeGPT'; layer shapes read in ridgerchu/SpikeGPT src/model.py, "
    "parameter counts derived"
)
_NOTES = (
    "the neurons run along the tokens: one pass over 1,024 tokens, no extra time steps",
    (
        "LayerNorm and token shift make the input of every product real-valued; the author "
        "withdrew the published synaptic operations"
    ),
    "the elementwise recurrence over tokens is not counted as MACs",
)
_CONTEXT, _VOCABULARY = 1024, 50277


def _block(walk: LayerWalk, name: str, d: int) -> None:
    """Walk token mixing and channel mixing; LayerNorm makes every input real."""
    real = Inputs.REALS
    # 2 LayerNorms, 3 + 2 token-shift mixes, decay and first: 11 d values a layer.
    walk.add(f"{name}.time.norm", "norm", 0, norm=2 * d)
    walk.add(f"{name}.time.mix_decay_first", "mix", 5 * d, inputs=real)
    for part in ("key", "value", "receptance"):
        walk.linear(f"{name}.time.{part}", d, d, tokens=_CONTEXT, norm=0, inputs=real)
    walk.linear(f"{name}.time.output", d, d, tokens=_CONTEXT, norm=0, inputs=real)
    walk.lif(f"{name}.time.lif", _CONTEXT, d)
    walk.add(f"{name}.channel.norm", "norm", 0, norm=2 * d)
    walk.add(f"{name}.channel.mix", "mix", 2 * d, inputs=real)
    walk.linear(f"{name}.channel.key", d, 4 * d, tokens=_CONTEXT, norm=0, inputs=real)
    walk.linear(f"{name}.channel.value", 4 * d, d, tokens=_CONTEXT, norm=0, inputs=real)
    walk.linear(f"{name}.channel.receptance", d, d, tokens=_CONTEXT, norm=0, inputs=real)
    walk.lif(f"{name}.channel.lif", _CONTEXT, d)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spikegpt-<size>/text``."""
    width = model.width
    walk = LayerWalk()
    walk.add("embedding", "embedding", _VOCABULARY * width, inputs=Inputs.REALS)
    walk.lif("embedding.threshold", _CONTEXT, width)
    walk.add("norm0", "norm", 0, norm=2 * width)
    for index in range(model.depth):
        _block(walk, f"block.{index}", width)
    walk.add("norm", "norm", 0, norm=2 * width)
    walk.linear(
        "head", width, _VOCABULARY, tokens=_CONTEXT, norm=0, inputs=Inputs.REALS, kind="head"
    )
    return Walked(walk, _CONTEXT, _NOTES)


def spikegpt_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    where = Setting("text", (_CONTEXT,), _VOCABULARY, steps=1)
    models = (
        Blueprint("216m", where, depth=18, width=768, heads=1, published="216M"),
        Blueprint("24-768", where, depth=24, width=768, heads=1),
    )
    return cards("spikegpt", _REFERENCE, _walk, models)
