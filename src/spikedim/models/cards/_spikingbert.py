"""SpikingBERT (AAAI 2024): BERT encoders run as integrate-and-fire layers."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["spikingbert_models"]

_REFERENCE = (
    "'SpikingBERT', AAAI 2024; layer shapes read in NeuroCompLab-psu/SpikingBERT implicit_bert, "
    "parameter counts derived"
)
_NOTES = ("query, softmax, LayerNorm and GELU stay real-valued and are not priced",)
_PUBLISHED_NOTES = (
    "125 steps is the default of the code; about 16 come near full accuracy on SST-2",
    "feedback, fit_dense and pooler do not act at inference",
)
_SMALL_NOTE = "not a published size: small enough to train on a CPU"
_TASKS = {"sst2": 2, "qqp": 2, "mnli": 3, "qnli": 2, "rte": 2}
_SEGMENTS, _SEPARATOR = 2, 102
_UNUSED = (("feedback", False), ("fit_dense", True), ("pooler", True))  # and whether it has a bias
_SMALL = {  # depth, width, heads, vocabulary
    "2-64": (2, 64, 2, 8192),
    "2-128": (2, 128, 4, 2048),
}


def _encoder(walk: LayerWalk, name: str, n: int, d: int) -> None:
    """Walk one encoder: six spiking layers around a real query and a real softmax."""

    def spiking(part: str, d_in: int, d_out: int, *, norm: int = 0) -> None:
        walk.linear(f"{name}.{part}", d_in, d_out, tokens=n, bias=True, norm=norm)
        walk.lif(f"{name}.{part}_lif", n, d_out)

    spiking("attn.k", d, d)
    spiking("attn.v", d, d)
    walk.linear(f"{name}.attn.q", d, d, tokens=n, bias=True, norm=0)
    walk.attention(f"{name}.attn.product", 2 * n * n * d)
    walk.lif(f"{name}.attn.attn_lif", n, d)
    spiking("attn.output", d, d, norm=2)
    spiking("mlp.intermediate", d, 4 * d)
    spiking("mlp.output", 4 * d, d, norm=2)


def _walk(model: Blueprint) -> Walked:
    """Walk the layers of ``spikingbert-<size>/<dataset>``."""
    where, d = model.where, model.width
    walk = LayerWalk(coding=model.coding)
    table = (where.vocabulary + (where.positions or where.tokens) + _SEGMENTS) * d
    walk.add("embedding", "embedding", table, norm=2 * d, inputs=Inputs.REALS)
    walk.lif("embedding_lif", where.tokens, d)
    for index in range(model.depth):
        _encoder(walk, f"encoder.{index}", where.tokens, d)
    small = model.size in _SMALL
    for name, biased in () if small else _UNUSED:
        walk.add(f"unused.{name}", "linear", 0, dead=d * d + d * biased)
    walk.head(d, where.classes)
    notes = (*_NOTES, _SMALL_NOTE) if small else (*_PUBLISHED_NOTES, *_NOTES)
    return Walked(walk, where.tokens, notes)


def _published(task: str) -> Setting:
    """Return what a task of the paper fixes: BERT's tables, sentences of 128 tokens."""
    return Setting(
        task,
        (128,),
        _TASKS[task],
        steps=125,
        vocabulary=30522,
        positions=512,
        separator=_SEPARATOR,
    )


def _reviews(vocabulary: int) -> Setting:
    """Return what movie reviews fix: one sentence each, positive or negative."""
    return Setting("movie-reviews", (64,), 2, steps=16, vocabulary=vocabulary)


def spikingbert_models() -> Mapping[str, Recipe]:
    """Map the names of the family to their recipes."""
    published = (
        Blueprint(size, _published(task), depth, 768, 12, count)
        for size, depth, count in (("4", 4, "~50M"), ("2", 2, ""))
        for task in _TASKS
    )
    small = (Blueprint(size, _reviews(row[-1]), *row[:-1]) for size, row in _SMALL.items())
    return cards("spikingbert", _REFERENCE, _walk, (*published, *small))
