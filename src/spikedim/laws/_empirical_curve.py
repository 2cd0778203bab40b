"""Error and accuracy of a directly coded network against T, from one evaluation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import AssumptionError, Provenance, Result, check_in, check_positive

__all__ = ["EmpiricalCurve"]

_Z = 1.96
_EXPONENTS = (1.0, 2.0)  # independent noise; a transient that is over after the first steps
_FLATTEST = 0.1


@final
@dataclass(frozen=True)
class EmpiricalCurve(Result):
    """Squared error against T as a line through evaluated points, and accuracy between them.

    Parameters
    ----------
    model : str
        Name of the network.
    steps : tuple of int
        T that the line goes through, two or more, ascending.
    squared_errors, deviations : tuple of float
        Mean squared Frobenius error of the outputs at those T, and its standard error over samples.
    exponent : float
        p of the last two: beyond them the squared error falls as T^-p.
    reference_steps : int
        The T whose outputs stand for exact ones, at least 16 times the last of `steps`.
    reference_mean_square : float
        Mean squared length of those outputs.
    outputs : int
        m, entries of one output.
    accuracy_steps : tuple of int
        Every T evaluated, ascending.
    accuracies : tuple of float
        Accuracy there.
    disagreements : tuple of float
        Share of answers there that differ from those at `reference_steps`.
    trained_steps : int
        T in training.
    n_samples : int
        How many samples were evaluated.
    neurons : float
        Neurons of all populations.
    rate : float
        Mean spikes per neuron and step.
    data, split : str
        What it was evaluated on.
    warnings : tuple of str
        What is wrong with the line.
    provenance : Provenance
        That of the evaluation.
    """

    schema: ClassVar[str] = "spikedim.empirical_curve/1"

    model: str
    steps: tuple[int, ...]
    squared_errors: tuple[float, ...]
    deviations: tuple[float, ...]
    exponent: float
    reference_steps: int
    reference_mean_square: float
    outputs: int
    accuracy_steps: tuple[int, ...]
    accuracies: tuple[float, ...]
    disagreements: tuple[float, ...]
    trained_steps: int
    n_samples: int
    neurons: float
    rate: float
    data: str
    split: str
    warnings: tuple[str, ...]
    provenance: Provenance

    def squared_error_at(self, steps: float) -> float:
        """Return the squared error after T steps.

        Parameters
        ----------
        steps : float
            T, at least 1.

        Returns
        -------
        float
            On the line through the evaluated points.

        Raises
        ------
        InputError
            If `steps` is below 1.
        """
        t = check_in(steps, 1.0, math.inf, name="steps", caller="EmpiricalCurve.squared_error_at")
        place = 0
        while place < len(self.steps) - 2 and t > self.steps[place + 1]:
            place += 1
        slope = self._slope(place)
        return float(self.squared_errors[place] * (t / self.steps[place]) ** -slope)

    def steps_for(self, squared_error: float) -> float:
        """Return the smallest T, not rounded, whose squared error is at most that.

        Parameters
        ----------
        squared_error : float
            Above 0.

        Returns
        -------
        float
            T; below 1 if less than one step would do.

        Raises
        ------
        InputError
            If `squared_error` is not above 0.
        AssumptionError
            If the error does not fall from the last but one to the last point.
        """
        allowed = check_positive(
            squared_error, name="squared_error", caller="EmpiricalCurve.steps_for"
        )
        return self._meeting(math.log(allowed), 0.0, self.exponent)

    def steps_by_samples(self, squared_error: float) -> tuple[float, float]:
        """Return T if all errors are 1.96 standard errors lower, and higher.

        Parameters
        ----------
        squared_error : float
            Above 0.

        Returns
        -------
        tuple of float
            ``low <= high``.
        """
        target = math.log(squared_error)
        low, high = (self._meeting(target, sign * _Z, self.exponent) for sign in (-1, 1))
        return min(low, high), max(low, high)

    def steps_by_exponent(self, squared_error: float) -> tuple[float, float]:
        """Return T with the steepest and the flattest plausible exponent beyond the last point.

        Parameters
        ----------
        squared_error : float
            Above 0.

        Returns
        -------
        tuple of float
            ``low <= high``; equal within the evaluated T.
        """
        target = math.log(squared_error)
        found = [self._meeting(target, 0.0, p) for p in (*_EXPONENTS, self.exponent)]
        return min(found), max(found)

    def accuracy_at(self, steps: float) -> float:
        """Return the accuracy after T steps, linear in ln T between evaluated points.

        Parameters
        ----------
        steps : float
            T, within the evaluated ones.

        Returns
        -------
        float
            In [0, 1].

        Raises
        ------
        AssumptionError
            If `steps` is outside what was evaluated.
        """
        first, last = self.accuracy_steps[0], self.accuracy_steps[-1]
        if not first <= steps <= last:
            raise AssumptionError(
                f"EmpiricalCurve.accuracy_at: `steps` must be from {first} to {last}, which were "
                f"evaluated; got {steps:g}. Evaluate the run there."
            )
        return _between(steps, self.accuracy_steps, self.accuracies)

    def steps_for_accuracy(self, *, tolerance: float = 0.02) -> tuple[float, float, float]:
        """Return the smallest T whose accuracy is within `tolerance` of the best evaluated.

        Parameters
        ----------
        tolerance : float
            Accuracy that may be lost, above 0 and at most 1.

        Returns
        -------
        tuple of float
            T before rounding up and its 95 % interval, all within the evaluated T.

        Raises
        ------
        InputError
            If `tolerance` is outside its range.

        Notes
        -----
        Between evaluated points the running maximum of the accuracy is linear in ln T. Accuracies
        at two T are of the same samples: their difference has a variance of at most the share of
        answers that differ, over the number of samples.
        """
        loss = check_positive(
            tolerance, name="tolerance", caller="EmpiricalCurve.steps_for_accuracy"
        )
        best = max(range(len(self.accuracies)), key=lambda place: self.accuracies[place])
        losses = [self.accuracies[best] - found for found in self.accuracies]
        errors = [
            0.0
            if place == best
            else _Z * math.sqrt((differ + self.disagreements[best]) / self.n_samples)
            for place, differ in enumerate(self.disagreements)
        ]
        value, low, high = (
            self._first_within(loss, [a + sign * b for a, b in zip(losses, errors, strict=True)])
            for sign in (0, -1, 1)
        )
        return value, min(low, value), max(high, value)

    def _first_within(self, allowed: float, losses: Sequence[float]) -> float:
        """Return the first T, between points on the ln T axis, that loses at most `allowed`."""
        for place, (steps, lost) in enumerate(zip(self.accuracy_steps, losses, strict=True)):
            if lost > allowed:
                continue
            if place == 0:
                return float(steps)
            before, most = self.accuracy_steps[place - 1], min(losses[:place])
            share = (most - allowed) / (most - lost)
            return float(before * (steps / before) ** share)
        return float(self.accuracy_steps[-1])  # pragma: no cover - the best loses nothing

    def _slope(self, place: int) -> float:
        """Return -d ln error / d ln T from point `place` on."""
        if place == len(self.steps) - 2:
            return self.exponent
        e, t = self.squared_errors, self.steps
        return math.log(e[place] / e[place + 1]) / math.log(t[place + 1] / t[place])

    def _meeting(self, target: float, shift: float, exponent: float) -> float:
        """Return the first T whose ln error is `target`; errors moved by `shift` deviations."""
        if self.exponent <= 0:
            raise AssumptionError(
                f"empirical: needs an error that falls with T; it does not from T = "
                f"{self.steps[-2]} to {self.steps[-1]}. Evaluate at other T."
            )
        levels = [
            math.log(e) + shift * d / e
            for e, d in zip(self.squared_errors, self.deviations, strict=True)
        ]
        if target >= levels[0]:
            slope = max(self._slope(0), _FLATTEST)
            return float(self.steps[0] * math.exp((levels[0] - target) / slope))
        for place in range(len(levels) - 1):
            before, after = levels[place], levels[place + 1]
            if after <= target < before:
                share = (before - target) / (before - after)
                t, u = self.steps[place], self.steps[place + 1]
                return float(t * (u / t) ** share)
        return float(self.steps[-1] * math.exp((levels[-1] - target) / exponent))


def _between(t: float, steps: Sequence[int], values: Sequence[float]) -> float:
    """Interpolate linearly in ln T."""
    for place in range(len(steps) - 1):
        first, last = steps[place], steps[place + 1]
        if t <= last:
            share = math.log(t / first) / math.log(last / first)
            return values[place] + share * (values[place + 1] - values[place])
    return values[-1]
