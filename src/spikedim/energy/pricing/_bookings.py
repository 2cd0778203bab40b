"""What every rule set asks of an operation: how often it is charged, and what it needs."""

from spikedim.energy.operations import (
    PRODUCTS,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    Values,
)
from spikedim.energy.pricing._options import Integers, PriceOptions
from spikedim.energy.pricing._rules import Stem

__all__ = [
    "LEFT_OUT",
    "is_dense",
    "is_pixel_product",
    "is_repeated",
    "repeats",
    "spikes_in",
    "with_often",
]

LEFT_OUT = "left out"

_UNITS = frozenset({Values.BINARY, Values.TERNARY, Values.SCALED_BINARY})
_WEIGHTED = frozenset({OperationKind.CONVOLUTION, OperationKind.LINEAR})


def _is_readout(operation: Operation) -> bool:
    """Tell whether it is a head of real inputs: linear, so it may act on their mean over steps."""
    return operation.place is Place.HEAD and not operation.accumulates


def repeats(operation: Operation, counts: OperationCounts, options: PriceOptions) -> float:
    """Return how often the work as executed is charged.

    What reads the same in every step is charged once or T times, whatever the code did; a head
    of real inputs once; everything else as executed.
    """
    if operation.static:
        times = 1 if options.stem is Stem.ONCE else counts.steps
        return times / operation.passes
    return 1 / operation.passes if _is_readout(operation) else 1.0


def _often(operation: Operation, options: PriceOptions) -> str:
    """Say how often a static operation or a head is charged, or nothing of others."""
    if operation.static and options.stem is Stem.EVERY_STEP:
        return "every step"
    # An ordinary network does everything once, and only its ends need the word.
    if operation.static and (operation.place is Place.STEM or operation.passes > 1):
        return "once"
    return "once" if _is_readout(operation) else ""


def with_often(booked: str, operation: Operation, options: PriceOptions) -> str:
    """Return how an operation is booked, with how often it is charged."""
    return ", ".join(part for part in (booked, _often(operation, options)) if part)


def is_repeated(operation: Operation) -> bool:
    """Tell whether it needs a multiplication, or several additions, for each non-zero input.

    So does a sum of spikes that meets a weight; one that meets a spike, or other sums, is added
    as it is.
    """
    if operation.kind is OperationKind.SUMMATION:
        return False
    factors = [operation.values]
    if operation.other_values is not None:
        factors.append(operation.other_values)
    return operation.accumulates and not _UNITS.intersection(factors)


def is_pixel_product(operation: Operation) -> bool:
    """Tell whether it multiplies weights with the input of the network, unless that is spikes.

    Pixels and frames of events may be integers, but they are no sums of spikes.
    """
    return (
        operation.place is Place.STEM
        and operation.kind in _WEIGHTED
        and operation.values not in _UNITS
    )


def is_dense(operation: Operation, options: PriceOptions) -> bool:
    """Tell whether a product multiplies every input, zeros included."""
    if operation.kind not in PRODUCTS:
        return False
    if options.activation_bits is not None or is_pixel_product(operation):
        return True
    summed = options.integers is Integers.DENSE and is_repeated(operation)
    return summed or not operation.accumulates


def spikes_in(counts: OperationCounts) -> bool:
    """Tell whether it is a network of spikes, not an ordinary one."""
    return counts.neurons > 0 or any(
        o.accumulates and o.place is not Place.STEM for o in counts.operations
    )
