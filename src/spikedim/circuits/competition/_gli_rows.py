"""The arrays that a run of the log-inhibition circuit changes, one row per copy."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim.circuits._rows import relative_weights
from spikedim.circuits.competition._gli_state import Update, ceiling, first_gain, kicks

__all__ = ["Inhibition", "Rows"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


@final
@dataclass(frozen=True, eq=False)
class Rows:
    """State of R rows; the arrays are changed in place. Memory O(R n), whatever the steps.

    Parameters
    ----------
    weights : array of shape [R, n]
        ``exp(z - max z)``.
    membranes : array of shape [R, n]
        Membranes of the competitors.
    counts : array of shape [R, n]
        Spikes so far.
    feedback, gain, exposure : arrays of shape [R]
        Inhibition h above the strongest drive; ``exp(-h)`` of the next step; its sum over the
        steps so far.
    ceiling : array of shape [R]
        Largest h.
    """

    weights: Array
    membranes: Array
    counts: Counts
    feedback: Array
    gain: Array
    exposure: Array
    ceiling: Array

    @classmethod
    def start(cls, logits: Array, budget: float, phases: Array | None = None) -> "Rows":
        """Return the state before the first step; membranes start at phases or at 1/2."""
        rows = len(logits)
        gain = first_gain(budget)
        weights = np.ascontiguousarray(relative_weights(logits))
        return cls(
            weights=weights,
            membranes=(
                np.full(logits.shape, 0.5)
                if phases is None
                else np.array(phases, dtype=np.float64, order="C")
            ),
            counts=np.zeros(logits.shape, dtype=np.int64),
            feedback=np.full(rows, 0.0 - np.log(gain)),
            gain=np.full(rows, gain),
            exposure=np.zeros(rows),
            ceiling=ceiling(weights, budget),
        )


@final
@dataclass(frozen=True, eq=False)
class Inhibition:
    """The rule of the inhibitory integrator: ``h += max(.05, 1/(t + lag)) kick[spikes]``.

    Parameters
    ----------
    kick : array of shape [n + 1]
        By the number of spikes of the last step.
    lag : int
        1 for the linear rule, 0 for the logarithmic one.
    """

    kick: Array
    lag: int

    @classmethod
    def of(cls, update: Update, *, competitors: int, budget: float) -> "Inhibition":
        """Return the rule for n competitors and a budget."""
        return cls(kicks(competitors, budget, update), int(update is Update.LINEAR))
