"""Which T to simulate: two, and more where these do not predict the next."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any, final

import numpy as np

from spikedim.response.curve._curve_variant import CurveVariant
from spikedim.response.curve._error_law import ErrorLaw, is_guarded
from spikedim.response.curve._response_curve import CurveCheck
from spikedim.response.simulation import SimulatedSamples

__all__ = ["Calibration"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_START = (1, 4)
_LADDER = (16, 64, 256, 1024)
_AIM = 0.05  # relative error that is aimed at
_FLOOR = 1e-300
_LIMIT_TOLERANCE = math.log(1.25)  # of the last ratio, for K to be the limit
_LIMIT_STEPS = 64  # earlier, a ratio says nothing about the limit


@final
class Calibration:
    """Simulated points of a curve.

    Parameters
    ----------
    measure : callable
        From T and weights of samples to what coded passes found.
    variant : CurveVariant
        Form of the curve.
    traces : ndarray of shape [S]
        tr Sigma of every sample; zeros if it is not known.
    exponent : int
        p.
    limit : float
        S of the free form.
    """

    def __init__(
        self,
        measure: Callable[[int, Array | None], SimulatedSamples],
        *,
        variant: CurveVariant,
        traces: Array,
        exponent: int,
        limit: float,
    ) -> None:
        self.measure = measure
        self.traces = traces
        self.trace = float(traces.mean())
        self.exponent = exponent
        self.points: dict[int, SimulatedSamples] = {}
        self.set_aside: dict[int, SimulatedSamples] = {}
        self.checks: list[CurveCheck] = []
        self.law = ErrorLaw(
            variant=variant, interpolated=False, steps=(), exponent=exponent, limit=limit, own=False
        )
        self.guard_failed = False
        self.limit_holds = False
        self.passes = 0

    @property
    def steps(self) -> tuple[int, ...]:
        """T of the points of the curve, ascending."""
        return tuple(sorted(self.points))

    @property
    def errors(self) -> tuple[float, ...]:
        """Squared errors there."""
        return tuple(float(self.points[t].errors.mean()) for t in self.steps)

    @property
    def logs(self) -> Array:
        """Ln K and the logs of the errors."""
        # Without K the gradient-free form goes on from its last point.
        return np.log(np.maximum([self.trace or 1.0, *self.errors], _FLOOR))

    @property
    def deviations(self) -> tuple[float, ...]:
        """Relative standard errors of the errors over codes."""
        return tuple(_relative(self.points[t]) for t in self.steps)

    @property
    def degenerate(self) -> bool:
        """Whether nothing moves the outputs, or an error cannot be compared with K."""
        return not any(self.errors)

    def simulate(self, steps: tuple[int, ...]) -> None:
        """Simulate given T."""
        for t in steps:
            self.points[t] = self._measured(t)
        self._settle()

    def adapt(self) -> None:
        """Simulate two T and check what they predict; add points until predictions hold."""
        self.simulate(_START)
        if self.trace <= 0 or self.degenerate:
            return
        held: dict[int, SimulatedSamples] = {}
        for t in _LADDER:
            passed = self._check(t, held)
            self.limit_holds = passed and t >= _LIMIT_STEPS
            if self.limit_holds:
                break
        if self.law.interpolated:
            self._add({**held, **self.set_aside})
            self._refine()
        else:
            self.set_aside.update(held)

    def _check(self, t: int, held: dict[int, SimulatedSamples]) -> bool:
        """Predict and simulate a T; keep it apart if both agree, else add it to the curve."""
        predicted = float(self.law.errors(np.asarray([float(t)]), self.logs)[0])
        found = self._measured(t)
        error = float(found.errors.mean())
        near = self.points[max(u for u in self.points if u < t)]
        noise = math.hypot(_relative(found), _relative(near))
        check = CurveCheck(t, predicted, error, max(_AIM, 2 * noise))
        self.checks.append(check)
        if check.passed and not self.law.interpolated:
            held[t] = found
        else:
            self._add({**held, t: found})
            held.clear()
        return check.passed

    def _refine(self) -> None:
        """Add the middle of segments in which the curve bends."""
        steps = self.steps
        known = np.log(np.asarray(steps, dtype=np.float64))
        ratios = self.logs[1:] + self.exponent * known
        slopes = np.diff(ratios) / np.diff(known)
        for i, (first, last) in enumerate(pairwise(steps)):
            middle = round(math.sqrt(first * last))
            turns = [abs(slopes[j] - slopes[i]) for j in (i - 1, i + 1) if 0 <= j < len(slopes)]
            # A parabola is off its chord by bend / 8 in the middle.
            bend = max(turns, default=0.0) * (known[i + 1] - known[i]) / 8
            if first < middle < last and (i == 0 or bend > _AIM):
                self._check(middle, {})

    def _add(self, found: dict[int, SimulatedSamples]) -> None:
        """Make simulated T points of the curve."""
        self.points.update(found)
        self._settle()

    def _settle(self) -> None:
        """Choose the form that goes through the points."""
        law = replace(self.law, steps=self.steps, interpolated=False, own=self.trace <= 0)
        closed = {CurveVariant.TWO_POINT: 2, CurveVariant.GRADIENT_FREE: 3}.get(law.variant)
        # Of K = 0 no closed form makes the errors that were found all the same.
        known = self.trace > 0 or law.variant is CurveVariant.GRADIENT_FREE
        counted = known and closed == len(self.points)
        if not self.degenerate and (not counted or not is_guarded(law, self.logs)):
            self.guard_failed = self.guard_failed or counted
            law = replace(law, interpolated=True)
        self.law = law

    def settle_limit(self) -> bool:
        """Go on from the last point if K is not the limit of T^p error there; say so."""
        if self.trace <= 0 or self.degenerate or self.limit_holds or not self.law.interpolated:
            return False
        last = self.steps[-1]
        ratio = float(self.logs[-1] + self.exponent * math.log(last) - self.logs[0])
        noise = _relative(self.points[last])
        if last < _LIMIT_STEPS or abs(ratio) <= _LIMIT_TOLERANCE + 2 * noise:
            return False
        self.law = replace(self.law, own=True)
        return True

    def _measured(self, t: int) -> SimulatedSamples:
        """Simulate a T, samples that matter most often."""
        found = self.measure(t, self._weights(t))
        self.passes += found.passes
        return found

    def _weights(self, t: int) -> Array | None:
        """Return the error expected of every sample: most passes where it is large."""
        known = {**self.points, **self.set_aside}
        near = sorted(known, key=lambda u: abs(math.log(u / t)))[:2]
        parts = [known[u].errors * (u / t) ** self.exponent for u in near]
        if not parts:
            return None
        found = np.mean(parts, axis=0) + self.traces / t**self.exponent
        return np.asarray(found + 0.1 * found.mean())


def _relative(found: SimulatedSamples) -> float:
    error = float(found.errors.mean())
    return found.deviation / error if error else 0.0
