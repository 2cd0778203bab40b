"""Accuracy as a function of T: decisions under Gaussian noise, at an effective T."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.interpolate import PchipInterpolator

__all__ = ["DecisionLaw", "effective_steps"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_GUARD = 0.2
_MARGIN = 0.01  # of accuracy: nearer to either end the inverse says nothing


@final
@dataclass(frozen=True, eq=False)
class DecisionLaw:
    """Accuracy from A(tau), the accuracy of N(Z, Sigma / tau), or between simulated points.

    Parameters
    ----------
    steps : tuple of int
        T of the simulated points.
    measured : ndarray of shape [c]
        Accuracies found there.
    reference : float
        Accuracy with exact rates.
    grid, accuracies : ndarray of shape [G]
        tau, ascending, and A(tau); empty if accuracy is interpolated.
    decided : tuple of int
        Simulated T that tau is made of; without any it is T.
    """

    steps: tuple[int, ...]
    measured: Array
    reference: float
    grid: Array
    accuracies: Array
    decided: tuple[int, ...] = ()

    def at(self, asked: Array) -> Array:
        """Return accuracies at T [N]."""
        if not self.grid.size:
            return self._between(asked)
        if not self.decided:
            tau = asked
        else:
            tau = effective_steps(asked, np.asarray(self.decided, dtype=np.float64), self.taus())
        found = np.interp(np.log(tau), np.log(self.grid), self.accuracies)
        # Behind the grid, margins within the width of the noise: their share is as that width.
        missing = (self.reference - self.accuracies[-1]) * np.sqrt(self.grid[-1] / tau)
        return np.asarray(np.where(tau > self.grid[-1], self.reference - missing, found))

    def taus(self) -> Array:
        """Return tau of the points that decide."""
        top = np.maximum.accumulate(self.accuracies)
        rising, first = np.unique(top, return_index=True)
        logs = np.log(self.grid)[first]
        chosen = [self.steps.index(t) for t in self.decided]
        return np.asarray(np.exp(np.interp(self.measured[chosen], rising, logs)))

    def informative(self) -> tuple[int, ...]:
        """Return the T whose accuracy is clear of chance and of that with exact rates."""
        lowest = float(self.accuracies[0]) if self.grid.size else 1.0
        low, high = lowest + _MARGIN, self.reference - _MARGIN
        pairs = zip(self.steps, self.measured, strict=True)
        return tuple(t for t, found in pairs if low <= found <= high)

    def _between(self, asked: Array) -> Array:
        """Interpolate measured accuracies in ln T; beyond, what is missing falls as 1 / T."""
        known = np.log(np.asarray(self.steps, dtype=np.float64))
        at = np.log(asked)
        inner = np.clip(at, known[0], known[-1])
        found = (
            PchipInterpolator(known, self.measured)(inner)
            if len(known) > 1
            else self.measured[0] + 0 * at
        )
        beyond = np.maximum(at - known[-1], 0.0)
        missing = (self.reference - self.measured[-1]) * np.exp(-beyond)
        return np.asarray(np.where(beyond > 0, self.reference - missing, found))


def effective_steps(asked: Array, steps: Array, taus: Array) -> Array:
    """Return tau at T [N] from its values at some T.

    Two of them: T^2 / (T + h(T)) with h a line in ln T, kept clear of the pole; one: h constant;
    more: ln(tau / T) by a monotone cubic in ln T, h constant behind the last.
    """
    found = np.square(steps) / taus - steps
    if len(steps) < 3:
        slope = (found[-1] - found[0]) / math.log(steps[-1] / steps[0]) if len(steps) > 1 else 0.0
        shift = found[0] + slope * np.log(asked / steps[0])
        return np.asarray(asked**2 / np.maximum(asked + shift, _GUARD * asked))
    inner = np.clip(asked, steps[0], steps[-1])
    ratio = PchipInterpolator(np.log(steps), np.log(taus / steps))(np.log(inner))
    behind = asked / np.maximum(asked + found[-1], _GUARD * asked)
    return np.asarray(asked * np.where(asked > steps[-1], behind, np.exp(ratio)))
