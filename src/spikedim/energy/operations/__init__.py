"""What an inference computes: operations, their values, and the table of all of them."""

from spikedim.energy.operations._operation import PRODUCTS, Operation, OperationKind, Place
from spikedim.energy.operations._operation_counts import (
    SAMPLED,
    OperationCounts,
    UnknownOperator,
)
from spikedim.energy.operations._values import Values, join_values

__all__ = [
    "PRODUCTS",
    "SAMPLED",
    "Operation",
    "OperationCounts",
    "OperationKind",
    "Place",
    "UnknownOperator",
    "Values",
    "join_values",
]
