"""Spiking transformers at their official shapes as cards; pretrained encoders from a folder."""

from spikedim.models._card import Card, LayerRow, Population
from spikedim.models._pretrained import PretrainedTransformer, read_pretrained
from spikedim.models._pretrained_config import PretrainedConfig
from spikedim.models._spiking_softmax import SpikingSoftmaxTransformer, replace_softmax
from spikedim.models._spiking_softmax_run import EntropyBin, SoftmaxLayerRun, SpikingSoftmaxRun
from spikedim.models._token_batch import TokenBatch
from spikedim.models._zoo import card, names

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
