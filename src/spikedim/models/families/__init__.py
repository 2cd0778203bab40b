"""The published architectures, built."""

from spikedim.models.families._build_request import BuildRequest
from spikedim.models.families._catalogue import FAMILIES
from spikedim.models.families._options import Options
from spikedim.models.families._spike_count import SpikeCount
from spikedim.models.families._transformer import (
    AbstractSpikingTransformer,
    ModelRun,
    ModelTrace,
    check_timeless,
    initialise,
)

__all__ = [
    "FAMILIES",
    "AbstractSpikingTransformer",
    "BuildRequest",
    "ModelRun",
    "ModelTrace",
    "Options",
    "SpikeCount",
    "check_timeless",
    "initialise",
]
