"""Simulated spike noise: errors and answers at chosen steps."""

from spikedim.response.simulation._response_simulation import ResponseSimulation, SimulatedPoint

__all__ = ["ResponseSimulation", "SimulatedPoint"]
