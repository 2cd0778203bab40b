"""SpikingBERT (AAAI 2024): four BERT encoders run as integrate-and-fire layers."""

from collections.abc import Callable, Mapping
from functools import partial

from spikedim.models._card import Card
from spikedim.models._walk import Inputs, LayerWalk

__all__ = ["spikingbert_models"]

_REFERENCE = (
    "'SpikingBERT', AAAI 2024; layer shapes read in NeuroCompLab-psu/SpikingBERT implicit_bert, "
    "parameter counts derived"
)
_D, _FFN, _HEADS, _DEPTH = 768, 3072, 12, 4
_VOCABULARY, _POSITIONS, _SEGMENTS, _SEQUENCE = 30522, 512, 2, 128
_TASKS = {"sst2": 2, "qqp": 2, "mnli": 3, "qnli": 2, "rte": 2}


def _encoder(walk: LayerWalk, name: str) -> None:
    """Walk one encoder: six spiking layers around a real query and a real softmax."""
    n = _SEQUENCE
    walk.linear(f"{name}.attn.k", _D, _D, tokens=n, bias=True, norm=0)
    walk.lif(f"{name}.attn.k_lif", n, _D)
    walk.linear(f"{name}.attn.v", _D, _D, tokens=n, bias=True, norm=0)
    walk.lif(f"{name}.attn.v_lif", n, _D)
    walk.linear(f"{name}.attn.q", _D, _D, tokens=n, bias=True, norm=0)
    walk.attention(f"{name}.attn.scores", n * n * _D)
    walk.attention(f"{name}.attn.mix", n * n * _D)
    walk.lif(f"{name}.attn.lif", n, _D)
    walk.linear(f"{name}.attn.output", _D, _D, tokens=n, bias=True, norm=2)
    walk.lif(f"{name}.attn.output_lif", n, _D)
    walk.linear(f"{name}.mlp.intermediate", _D, _FFN, tokens=n, bias=True, norm=0)
    walk.lif(f"{name}.mlp.intermediate_lif", n, _FFN)
    walk.linear(f"{name}.mlp.output", _FFN, _D, tokens=n, bias=True, norm=2)
    walk.lif(f"{name}.mlp.output_lif", n, _D)


def _card(dataset: str, *, classes: int) -> Card:
    """Build the card of ``spikingbert-4/<dataset>``."""
    walk = LayerWalk()
    table = (_VOCABULARY + _POSITIONS + _SEGMENTS) * _D
    walk.add("embedding", "embedding", table, norm=2 * _D, inputs=Inputs.REALS)
    walk.lif("embedding.lif", _SEQUENCE, _D)
    for index in range(_DEPTH):
        _encoder(walk, f"encoder.{index}")
    for name in ("feedback", "fit_dense", "pooler"):
        walk.add(f"unused.{name}", "linear", 0, dead=_D * _D + _D)
    walk.linear("head", _D, classes, tokens=1, bias=True, norm=0, inputs=Inputs.REALS, kind="head")
    return Card(
        name=f"spikingbert-4/{dataset}",
        family="spikingbert",
        dataset=dataset,
        input_shape=(_SEQUENCE,),
        classes=classes,
        depth=_DEPTH,
        heads=_HEADS,
        tokens=_SEQUENCE,
        width=_D,
        steps=125,
        layers=walk.rows,
        published_parameters="~50M",
        reference=_REFERENCE,
        notes=(
            "125 steps is the default of the code; about 16 come near full accuracy on SST-2",
            "query, softmax, LayerNorm and GELU stay real-valued and are not priced",
            "feedback, fit_dense and pooler do not act at inference",
        ),
    )


def spikingbert_models() -> Mapping[str, Callable[[], Card]]:
    """Map the names of the family to what builds their cards."""
    return {
        f"spikingbert-4/{dataset}": partial(_card, dataset, classes=classes)
        for dataset, classes in _TASKS.items()
    }
