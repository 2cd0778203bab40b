"""Spike circuits that run: exponential, softmax, attention, universal approximation.

Every circuit returns a `CircuitResult`; its `Certificate` sets the measured error beside a theorem.
"""

from spikedim.circuits._certificate import Certificate, Theorem
from spikedim.circuits._coincidence_series import Streams
from spikedim.circuits._exp_bernoulli_factory import exp_bernoulli_factory
from spikedim.circuits._exp_law import (
    factory_variance,
    taylor_bias,
    taylor_order,
    taylor_steps,
    taylor_variance,
)
from spikedim.circuits._exp_taylor_coincidence import exp_taylor_coincidence
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._published_exp_series import published_exp_series
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
    "Streams",
    "SweepPoint",
    "Theorem",
    "Wiring",
    "exp_bernoulli_factory",
    "exp_taylor_coincidence",
    "factory_variance",
    "published_exp_series",
    "sweep",
    "taylor_bias",
    "taylor_order",
    "taylor_steps",
    "taylor_variance",
    "to_graph",
]
