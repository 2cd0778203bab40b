"""Text models of Spikformer blocks: sentences to classes, and the next token of each."""

from collections.abc import Mapping

from spikedim.models.cards._assembly import Blueprint, Recipe, Walked, cards
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._shared_walks import self_attention_block
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = ["spikformer_lm_models", "spikformer_text_models"]

_REFERENCE = (
    "blocks of Z. Zhou et al., 'Spikformer: when spiking neural network meets transformer', "
    "ICLR 2023, behind tables of tokens and positions: our own model"
)
_NOTE = "not a published model: Spikformer's blocks on text, small enough to train on a CPU"
_PADDING_NOTE = (
    "normalisation leaves padding out; in training its statistics are those of all real tokens"
)
_SIZES = {"2-64": (2, 64, 2), "2-128": (2, 128, 4)}
_VOCABULARIES = {"2-64": 8192, "2-128": 2048}  # what 700,000 parameters leave for the table
_STEPS = 4


def _encoder(model: Blueprint) -> LayerWalk:
    """Walk tables, their neurons and the blocks."""
    where, d = model.where, model.width
    walk = LayerWalk(coding=model.coding)
    table = (where.vocabulary + (where.positions or where.tokens)) * d
    walk.add("embedding", "embedding", table, norm=2 * d, inputs=Inputs.REALS)
    walk.lif("embedding_lif", where.tokens, d)
    for index in range(model.depth):
        macs = 2 * where.tokens**2 * d
        inputs = Inputs.INTEGERS if index else Inputs.SPIKES  # one population is no sum yet
        self_attention_block(walk, f"block.{index}", where.tokens, d, macs=macs, inputs=inputs)
    return walk


def _walk_classifier(model: Blueprint) -> Walked:
    """Walk the layers of ``spikformer-text-<size>/<dataset>``."""
    walk = _encoder(model)
    walk.head(model.width, model.where.classes)
    return Walked(walk, model.where.tokens, (_NOTE, _PADDING_NOTE))


def _walk_language_model(model: Blueprint) -> Walked:
    """Walk the layers of ``spikformer-lm-<size>/<dataset>``."""
    where, walk = model.where, _encoder(model)
    walk.linear(
        "head",
        model.width,
        where.classes,
        tokens=where.tokens,
        bias=True,
        norm=0,
        inputs=Inputs.INTEGERS,
        kind="head",
    )
    causal = "a token sees itself and those before it; classes are the tokens of the vocabulary"
    return Walked(walk, where.tokens, (_NOTE, causal, _PADDING_NOTE))


def spikformer_text_models() -> Mapping[str, Recipe]:
    """Map the names of the classifiers of sentences to their recipes."""
    models = (
        Blueprint(
            size,
            Setting("movie-reviews", (64,), 2, steps=_STEPS, vocabulary=_VOCABULARIES[size]),
            *row,
        )
        for size, row in _SIZES.items()
    )
    return cards("spikformer-text", _REFERENCE, _walk_classifier, models)


def spikformer_lm_models() -> Mapping[str, Recipe]:
    """Map the names of the language models to their recipes."""
    settings = (
        Setting("movie-reviews", (128,), 1024, steps=_STEPS, vocabulary=1024),
        Setting("sequences", (64,), 32, steps=_STEPS, vocabulary=32),
    )
    models = (Blueprint(size, where, *row) for where in settings for size, row in _SIZES.items())
    return cards("spikformer-lm", _REFERENCE, _walk_language_model, models)
