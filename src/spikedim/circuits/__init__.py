"""Spike circuits that run: exponential, softmax, attention, universal approximation.

Every circuit returns a `CircuitResult`; its `Certificate` sets the measured error beside a theorem.
"""

from spikedim.circuits._certificate import Certificate, Theorem
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._sweep import sweep
from spikedim.circuits._sweep_fit import Slope
from spikedim.circuits._sweep_result import CircuitSweep, RowPoint, SweepPoint
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring

__all__ = [
    "Certificate",
    "CircuitGraph",
    "CircuitResult",
    "CircuitSweep",
    "Dynamics",
    "Pattern",
    "Population",
    "Projection",
    "Role",
    "RowPoint",
    "Slope",
    "SpikeCount",
    "SweepPoint",
    "Theorem",
    "Wiring",
    "sweep",
    "to_graph",
]
