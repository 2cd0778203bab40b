"""Energy of an inference: operations counted or expected, sourced constants, named rule sets."""

from spikedim.energy.closed_forms import (
    BreakEven,
    EnergyEstimate,
    break_even_rate,
    quantised_bits,
    spiking_energy,
    twin_energy,
)
from spikedim.energy.constants import Confidence, Constant, constants
from spikedim.energy.operations import (
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    UnknownOperator,
    Values,
)
from spikedim.energy.pricing import CLOSED_FORM_RULES, Movement, Rules, Stem

__all__ = [
    "CLOSED_FORM_RULES",
    "BreakEven",
    "Confidence",
    "Constant",
    "EnergyEstimate",
    "Movement",
    "Operation",
    "OperationCounts",
    "OperationKind",
    "Place",
    "Rules",
    "Stem",
    "UnknownOperator",
    "Values",
    "break_even_rate",
    "constants",
    "quantised_bits",
    "spiking_energy",
    "twin_energy",
]
