"""Response: how far spike noise moves the outputs of a rate-coded network, and what to do."""

from spikedim.response.allocation import AllocatedPopulation, Allocation
from spikedim.response.curve import CurvePoint, CurveVariant, ResponseCurve
from spikedim.response.simulation import ResponseSimulation, SimulatedPoint
from spikedim.response.trace import PopulationResponse, ResponseTrace, response_trace

__all__ = [
    "AllocatedPopulation",
    "Allocation",
    "CurvePoint",
    "CurveVariant",
    "PopulationResponse",
    "ResponseCurve",
    "ResponseSimulation",
    "ResponseTrace",
    "SimulatedPoint",
    "response_trace",
]
