"""Response: how far spike noise moves the outputs of a rate-coded network, and what to do."""

from spikedim.response.allocation import (
    AllocatedPopulation,
    Allocation,
    PopulationError,
    PopulationErrors,
    allocate,
    population_errors,
)
from spikedim.response.curve import (
    CurveAnswer,
    CurveCheck,
    CurvePoint,
    CurveVariant,
    ResponseCurve,
    response_curve,
)
from spikedim.response.simulation import ResponseSimulation, SimulatedPoint, simulate_response
from spikedim.response.trace import (
    CoherentError,
    PopulationResponse,
    ResponseTrace,
    coherent_error,
    response_trace,
)

__all__ = [
    "AllocatedPopulation",
    "Allocation",
    "CoherentError",
    "CurveAnswer",
    "CurveCheck",
    "CurvePoint",
    "CurveVariant",
    "PopulationError",
    "PopulationErrors",
    "PopulationResponse",
    "ResponseCurve",
    "ResponseSimulation",
    "ResponseTrace",
    "SimulatedPoint",
    "allocate",
    "coherent_error",
    "population_errors",
    "response_curve",
    "response_trace",
    "simulate_response",
]
