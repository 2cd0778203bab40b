"""Simulated spike noise: errors and answers at chosen steps."""

from spikedim.response.simulation._response_simulation import ResponseSimulation, SimulatedPoint
from spikedim.response.simulation._simulate_response import simulate_response
from spikedim.response.simulation._simulator import SimulatedSamples, Simulator

__all__ = [
    "ResponseSimulation",
    "SimulatedPoint",
    "SimulatedSamples",
    "Simulator",
    "simulate_response",
]
