"""The same network at another firing rate or another T, without running it again."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, final

import numpy as np

from spikedim._core import AnyArray, FloatArray
from spikedim.energy.operations import (
    PRODUCTS,
    SAMPLED,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
)
from spikedim.energy.pricing import sampled_values

__all__ = ["RateScale", "at_steps", "runs_in_steps"]

_FULL = 1 - 2.0**-53  # the largest share that leaves a logarithm of the rest
_TELLING = 1 - 1e-6


@final
class RateScale:
    """What every operation needs if all neurons fire `factor` times as often.

    Parameters
    ----------
    counts : OperationCounts
        At the firing rate that was seen.

    Notes
    -----
    A product of spikes and weights scales with the factor; a product of two spiking activations
    with its square, as if every spike were kept or doubled on its own. No layer goes beyond the
    inputs it has; a sum of spikes that meets weights has as many more spikes as its neurons fire,
    since how many of them add to it was not counted. A weight that serves u outputs stays unread
    if all u inputs are silent: :math:`1 - (1 - r)^u` of the weights are read, with the u that the
    observed share implies.
    Events that enter the network are no spikes of its neurons and stay.
    """

    def __init__(self, counts: OperationCounts) -> None:
        operations = counts.operations
        self._base = sampled_values(counts)
        synaptic, _, active, read, spikes = self._base.T
        self._order = np.array([_order(o) for o in operations], np.float64)
        sums = (self._order == 1) & (_column(o.values.whole for o in operations) > 0)
        self._grows = sums & (_column(o.other_values is None for o in operations) > 0)
        self._neurons = _column(o.kind is OperationKind.NEURON for o in operations) > 0
        self._inner = np.maximum(_column(o.inner_macs for o in operations), synaptic)
        self._inner[_column(o.inner_macs for o in operations) == 0] = np.inf  # of sums
        self._share = _ratio(active, _column(o.inputs for o in operations))
        self._updates = np.maximum(_column(o.neurons * o.passes for o in operations), spikes)
        self._weights = _column(o.weights * o.passes for o in operations)
        self._uses = self._implied_uses(_ratio(read, self._weights), operations)

    def _implied_uses(self, touched: FloatArray, operations: tuple[Operation, ...]) -> FloatArray:
        """Return outputs a weight, of independent inputs that would touch as many weights."""
        most = _ratio(_column(o.macs for o in operations), self._weights)
        share = np.minimum(self._share, _FULL)
        implied = _ratio(np.log1p(-np.minimum(touched, _FULL)), np.log1p(-share))
        # Where next to all are read, the share that is not says nothing of the uses.
        return np.where(touched < _TELLING, implied, most)

    def values(self, factor: float) -> FloatArray:
        """Return the fields `SAMPLED` at `factor` times the firing rate, [O, 5]."""
        synaptic, weighted, active, read, spikes = self._base.T
        scaled = self._order > 0
        gain = np.where(scaled, np.minimum(factor, _ratio(1.0, self._share, empty=factor)), 1.0)
        new = np.minimum(synaptic * gain**self._order, self._inner)
        share = np.minimum(self._share * gain, _FULL)
        touched = -np.expm1(self._uses * np.log1p(-share)) * self._weights
        fired = np.minimum(spikes * factor, self._updates)
        return np.stack(
            [
                new,
                weighted * np.where(self._grows, factor, _ratio(new, synaptic)),
                active * gain,
                np.where(scaled & (self._weights > 0), touched, read),
                np.where(self._neurons, fired, spikes),
            ],
            axis=1,
        )


def runs_in_steps(counts: OperationCounts) -> bool:
    """Tell whether the layers act step by step, not once on counts of spikes as rate codes do."""
    return all(
        o.passes == counts.steps
        for o in counts.operations
        if o.accumulates and o.place is Place.INSIDE and not o.static
    )


def at_steps(counts: OperationCounts, steps: int) -> OperationCounts:
    """Return the counts of another T, every step as the mean of those that were seen.

    What acted once, or reads the same in every step, stays as it was executed. Within a single
    step nothing can differ: of T = 1 only what reads a static image is taken to stay the same.
    """
    single = counts.steps == 1
    operations = tuple(
        _with_steps(
            replace(o, static=counts.static_input and o.place is Place.STEM) if single else o,
            counts.steps,
            steps,
        )
        for o in counts.operations
    )
    nothing = np.zeros((0, len(operations), len(SAMPLED)))
    return replace(counts, operations=operations, samples=nothing, n_samples=0, steps=steps)


def _with_steps(operation: Operation, old: int, new: int) -> Operation:
    if operation.static or operation.passes != old:
        return replace(operation, steps=())
    summed = (f.name for f in fields(Operation) if f.type is float)
    scaled: dict[str, Any] = {name: getattr(operation, name) * new / old for name in summed}
    return replace(operation, **scaled, passes=new, steps=())


def _order(operation: Operation) -> int:
    """Return how many of the factors of a product are spikes of neurons."""
    if operation.kind not in PRODUCTS or operation.place is Place.STEM:
        return 0
    other = operation.other_values
    return int(operation.values.spiking) + int(other is not None and other.spiking)


def _column(values: Iterable[float]) -> FloatArray:
    return np.array(list(values), np.float64)


def _ratio(top: AnyArray | float, bottom: AnyArray, *, empty: float = 0.0) -> FloatArray:
    """Return the quotient, `empty` where there is nothing to divide by."""
    there = bottom != 0
    return np.where(there, top / np.where(there, bottom, 1.0), empty)
