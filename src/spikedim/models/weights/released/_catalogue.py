"""Which table serves which source and family."""

from collections.abc import Mapping
from types import MappingProxyType

from spikedim.models.weights._key_map import KeyMap
from spikedim.models.weights.released._qkformer import QKFORMER
from spikedim.models.weights.released._qkformer_spikingjelly import QKFORMER_SPIKINGJELLY
from spikedim.models.weights.released._sdt_v1 import SDT_V1
from spikedim.models.weights.released._sdt_v1_spikingjelly import SDT_V1_SPIKINGJELLY
from spikedim.models.weights.released._sdt_v2 import SDT_V2
from spikedim.models.weights.released._spikformer import SPIKFORMER
from spikedim.models.weights.released._spikformer_spikingjelly import SPIKFORMER_SPIKINGJELLY
from spikedim.models.weights.released._spikingbert import SPIKINGBERT
from spikedim.models.weights.released._spikingformer import SPIKINGFORMER
from spikedim.models.weights.released._spikingresformer import SPIKINGRESFORMER

__all__ = ["KEY_MAPS"]

KEY_MAPS: Mapping[tuple[str, str], KeyMap] = MappingProxyType(
    {
        ("official", "qkformer"): QKFORMER,
        ("official", "sdt-v1"): SDT_V1,
        ("official", "sdt-v2"): SDT_V2,
        ("official", "spikformer"): SPIKFORMER,
        ("official", "spikingbert"): SPIKINGBERT,
        ("official", "spikingformer"): SPIKINGFORMER,
        ("official", "spikingresformer"): SPIKINGRESFORMER,
        ("spikingjelly", "qkformer"): QKFORMER_SPIKINGJELLY,
        ("spikingjelly", "sdt-v1"): SDT_V1_SPIKINGJELLY,
        ("spikingjelly", "spikformer"): SPIKFORMER_SPIKINGJELLY,
    }
)
