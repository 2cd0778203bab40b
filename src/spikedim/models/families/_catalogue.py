"""Which class builds which family."""

from collections.abc import Mapping
from types import MappingProxyType

from spikedim.models.families._qkformer import QKFormer
from spikedim.models.families._sdt_v1 import SpikeDrivenTransformer
from spikedim.models.families._sdt_v2 import MetaSpikeFormer
from spikedim.models.families._spikformer import Spikformer
from spikedim.models.families._spikformer_text import SpikformerLM, SpikformerText
from spikedim.models.families._spikingbert import SpikingBERT
from spikedim.models.families._spikingformer import Spikingformer
from spikedim.models.families._spikingresformer import SpikingResformer
from spikedim.models.families._transformer import AbstractSpikingTransformer

__all__ = ["FAMILIES"]

FAMILIES: Mapping[str, type[AbstractSpikingTransformer]] = MappingProxyType(
    {
        "spikformer": Spikformer,
        "spikingformer": Spikingformer,
        "qkformer": QKFormer,
        "sdt-v1": SpikeDrivenTransformer,
        "sdt-v2": MetaSpikeFormer,
        "spikingresformer": SpikingResformer,
        "spikingbert": SpikingBERT,
        "spikformer-text": SpikformerText,
        "spikformer-lm": SpikformerLM,
    }
)
