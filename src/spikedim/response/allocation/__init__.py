"""Unequal steps: where they buy most."""

from spikedim.response.allocation._allocate import allocate
from spikedim.response.allocation._allocation import AllocatedPopulation, Allocation
from spikedim.response.allocation._population_errors import population_errors
from spikedim.response.allocation._population_errors_result import (
    PopulationError,
    PopulationErrors,
)

__all__ = [
    "AllocatedPopulation",
    "Allocation",
    "PopulationError",
    "PopulationErrors",
    "allocate",
    "population_errors",
]
