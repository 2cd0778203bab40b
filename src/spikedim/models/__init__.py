"""Spiking transformers at their official shapes as cards; pretrained encoders from a folder."""

from spikedim.models.cards._card import Card, LayerRow, Population
from spikedim.models.cards._zoo import card, names
from spikedim.models.pretrained._pretrained import PretrainedTransformer, read_pretrained
from spikedim.models.pretrained._pretrained_config import PretrainedConfig
from spikedim.models.pretrained._spiking_softmax import SpikingSoftmaxTransformer, replace_softmax
from spikedim.models.pretrained._spiking_softmax_run import (
    EntropyBin,
    SoftmaxLayerRun,
    SpikingSoftmaxRun,
)
from spikedim.models.pretrained._token_batch import TokenBatch

__all__ = [
    "Card",
    "EntropyBin",
    "LayerRow",
    "Population",
    "PretrainedConfig",
    "PretrainedTransformer",
    "SoftmaxLayerRun",
    "SpikingSoftmaxRun",
    "SpikingSoftmaxTransformer",
    "TokenBatch",
    "card",
    "names",
    "read_pretrained",
    "replace_softmax",
]
