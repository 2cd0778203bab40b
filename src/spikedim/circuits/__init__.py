"""Spike circuits that run: exponential, softmax, attention, universal approximation.

Every circuit returns a `CircuitResult`; its `Certificate` sets the measured error beside a theorem.
"""

from spikedim.circuits._certificate import Certificate, Theorem
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring

__all__ = [
    "Certificate",
    "CircuitGraph",
    "CircuitResult",
    "Dynamics",
    "Pattern",
    "Population",
    "Projection",
    "Role",
    "SpikeCount",
    "Theorem",
    "Wiring",
    "to_graph",
]
