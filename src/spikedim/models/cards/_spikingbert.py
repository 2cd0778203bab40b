"""SpikingBERT (AAAI 2024): four BERT encoders run as integrate-and-fire layers."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["spikingbert_models"]

_REFERENCE = (
    "'SpikingBERT', AAAI 2024; layer shapes read in NeuroCompLab-psu/SpikingBERT implicit_bert, "
    "parameter counts derived"
)
_NOTES = (
    "125 steps is the default of the code; about 16 come near full accuracy on SST-2",
    "query, softmax, LayerNorm and GELU stay real-valued and are not priced",
    "feedback, fit_dense and pooler do not act at inference",
)
_D, _FFN = 768, 3072
_VOCABULARY, _POSITIONS, _SEGMENTS, _SEQUENCE = 30522, 512, 2, 128
_TASKS = {"sst2": 2, "qqp": 2, "mnli": 3, "qnli": 2, "rte": 2}


def _encoder(walk: LayerWalk, name: str) -> None:
    """Walk one encoder: six spiking layers around a real query and a real softmax."""
    n = _SEQUENCE

    def spiking(part: str, d_in: int, d_out: int, *, norm: int = 0) -> None:
        walk.linear(f"{name}.{part}", d_in, d_out, tokens=n, bias=True, norm=norm)
        walk.lif(f"{name}.{part}_lif", n, d_out)

    spiking("attn.k", _D, _D)
    spiking("attn.v", _D, _D)
    walk.linear(f"{name}.attn.q", _D, _D, tokens=n, bias=True, norm=0)
    walk.attention(f"{name}.attn.scores", n * n * _D)
    walk.attention(f"{name}.attn.mix", n * n * _D)
    walk.lif(f"{name}.attn.lif", n, _D)
    spiking("attn.output", _D, _D, norm=2)
    spiking("mlp.intermediate", _D, _FFN)
    spiking("mlp.output", _FFN, _D, norm=2)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spikingbert-4/<dataset>``."""
    walk = LayerWalk()
    table = (_VOCABULARY + _POSITIONS + _SEGMENTS) * _D
    walk.add("embedding", "embedding", table, norm=2 * _D, inputs=Inputs.REALS)
    walk.lif("embedding.lif", _SEQUENCE, _D)
    for index in range(model.depth):
        _encoder(walk, f"encoder.{index}")
    for name in ("feedback", "fit_dense", "pooler"):
        walk.add(f"unused.{name}", "linear", 0, dead=_D * _D + _D)
    walk.head(_D, model.where.classes)
    return Walked(walk, _SEQUENCE, _NOTES)


def spikingbert_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    models = (
        Blueprint("4", Setting(task, (_SEQUENCE,), classes, steps=125), 4, _D, 12, "~50M")
        for task, classes in _TASKS.items()
    )
    return cards("spikingbert", _REFERENCE, _walk, models)
