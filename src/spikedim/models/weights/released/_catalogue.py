"""Which table serves which source and family."""

from collections.abc import Mapping
from types import MappingProxyType

from spikedim.models.weights._key_map import KeyMap
from spikedim.models.weights.released._spikformer_spikingjelly import SPIKFORMER_SPIKINGJELLY

__all__ = ["KEY_MAPS"]

KEY_MAPS: Mapping[tuple[str, str], KeyMap] = MappingProxyType(
    {
        ("spikingjelly", "spikformer"): SPIKFORMER_SPIKINGJELLY,
    }
)
