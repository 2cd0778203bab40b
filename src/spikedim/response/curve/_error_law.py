"""Squared error as a function of T, from K and simulated points."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.interpolate import PchipInterpolator

from spikedim.response.curve._curve_variant import CurveVariant

__all__ = ["ErrorLaw", "is_guarded", "saturations"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_GUARD = 0.5  # T + a(T) must stay above this share of T: at .2 laws still passed that were wrong
_EACH_GUARDED = 4096
_FAR = np.geomspace(_EACH_GUARDED, 2.0**50, 512)


@final
@dataclass(frozen=True)
class ErrorLaw:
    """The form of a curve; K and the simulated errors come as logarithms, so as to be varied.

    Parameters
    ----------
    variant : CurveVariant
        Closed form.
    interpolated : bool
        Whether simulated points are interpolated instead.
    steps : tuple of int
        T of the simulated points, ascending.
    exponent : int
        p of the asymptote.
    limit : float
        S of the free form: squared error without any information.
    own : bool
        Whether the curve goes on from its last point as 1 / T^p, whatever K.
    """

    variant: CurveVariant
    interpolated: bool
    steps: tuple[int, ...]
    exponent: int
    limit: float
    own: bool

    def errors(self, asked: Array, logs: Array) -> Array:
        """Return squared errors at T [N]; `logs` [1 + c] are ln K and those of simulated errors."""
        trace = math.exp(logs[0])
        if self.interpolated:
            return self._interpolate(asked, logs)
        if self.variant is CurveVariant.FREE:
            return trace / (asked + trace / self.limit)
        if self.variant is CurveVariant.GRADIENT_FREE:
            found = rational(self.steps, np.exp(logs[1:]))
            return np.asarray(1 / (_terms(asked) @ found))
        if self.variant is CurveVariant.TWO_POINT:
            found = saturations(self.steps, trace, np.exp(logs[1:]))
            return np.asarray(trace / (asked + _line(asked, self.steps, found)))
        return np.asarray(trace / asked**self.exponent)

    def _interpolate(self, asked: Array, logs: Array) -> Array:
        """Interpolate ln(T^p error / K) in ln T by a monotone cubic; go on to K, or not."""
        known = np.log(np.asarray(self.steps, dtype=np.float64))
        ratios = logs[1:] + self.exponent * known - logs[0]
        at = np.log(asked)
        inner = np.clip(at, known[0], known[-1])
        found = PchipInterpolator(known, ratios)(inner) if len(known) > 1 else ratios[0] + 0 * at
        if not self.own:
            # Below K an output saturates, 1 / T; above K it crosses kinks, 1 / sqrt(T).
            decay = 1.0 if ratios[-1] <= 0 else 0.5
            beyond = np.maximum(at - known[-1], 0.0)
            rest = np.expm1(-ratios[-1]) * np.exp(-decay * beyond)
            found = np.where(beyond > 0, -np.log1p(rest), found)
        return np.asarray(np.exp(found + logs[0] - self.exponent * at))


def saturations(steps: tuple[int, ...], trace: float, errors: Array) -> Array:
    """Return a = K / error - T at simulated points."""
    return np.asarray(trace / errors - np.asarray(steps, dtype=np.float64))


def rational(steps: tuple[int, ...], errors: Array) -> Array:
    """Return p, q, r of 1 / error = p T + q + r ln T through three points."""
    return np.asarray(np.linalg.solve(_terms(np.asarray(steps, dtype=np.float64)), 1 / errors))


def is_guarded(law: ErrorLaw, logs: Array) -> bool:
    """Say whether a closed form stays clear of its pole at every T."""
    asked = np.concatenate([np.arange(1.0, _EACH_GUARDED + 1), _FAR])
    if law.variant is CurveVariant.GRADIENT_FREE:
        found = rational(law.steps, np.exp(logs[1:]))
        return bool(found[0] > 0 and (_terms(asked) @ found > 0).all())
    found = saturations(law.steps, math.exp(logs[0]), np.exp(logs[1:]))
    return bool((asked + _line(asked, law.steps, found) > _GUARD * asked).all())


def _terms(asked: Array) -> Array:
    return np.stack([asked, np.ones_like(asked), np.log(asked)], axis=-1)


def _line(asked: Array, steps: tuple[int, ...], values: Array) -> Array:
    """Return a straight line in ln T through two points."""
    first, last = (math.log(t) for t in (steps[0], steps[-1]))
    slope = (values[-1] - values[0]) / (last - first)
    return np.asarray(values[0] + slope * (np.log(asked) - first))
