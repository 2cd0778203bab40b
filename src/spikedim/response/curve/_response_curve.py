"""Error and accuracy as functions of T."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import (
    AnyArray,
    FloatArray,
    InputError,
    Provenance,
    Result,
    check_number,
    shape_if_empty,
)
from spikedim.bounds import Epsilon
from spikedim.circuits import RateCode
from spikedim.response.codes import check_steps
from spikedim.response.curve._curve_variant import CurveVariant
from spikedim.response.curve._decision_law import DecisionLaw
from spikedim.response.curve._error_law import ErrorLaw
from spikedim.response.curve._search import first_steps
from spikedim.response.trace import squared_target

__all__ = ["CurveAnswer", "CurveCheck", "CurvePoint", "ResponseCurve"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_Z = 1.959963984540054  # two-sided 95 %
_STEP = 1e-4  # of a logarithm, for derivatives
_FORM = 0.025  # standard error of ln error between simulated points: what a check lets pass
_FLOOR = 1e-300


@final
@dataclass(frozen=True)
class CurvePoint:
    """Error and accuracy expected at one T.

    Parameters
    ----------
    steps : int
        T.
    squared_error, low, high : float
        Squared Frobenius error with a 95 % interval.
    accuracy, accuracy_low, accuracy_high : float or None
        Expected accuracy with a 95 % interval; None if it is not predicted.
    """

    steps: int
    squared_error: float
    low: float
    high: float
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None


@final
@dataclass(frozen=True)
class CurveCheck:
    """A point that was predicted first and simulated then.

    Parameters
    ----------
    steps : int
        T.
    predicted, found : float
        Squared errors.
    tolerance : float
        Relative deviation that passes: 5 %, or two standard errors over codes.
    """

    steps: int
    predicted: float
    found: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether they agree."""
        return abs(self.predicted - self.found) <= self.tolerance * self.found


@final
@dataclass(frozen=True)
class CurveAnswer:
    """A number of steps with an interval.

    Parameters
    ----------
    steps : int
        Smallest T whose expected value is good enough.
    low, high : int
        Smallest T at which the better and the worse end of the 95 % interval is.
    """

    steps: int
    low: int
    high: int


@final
@dataclass(frozen=True)
class ResponseCurve(Result):
    """Error and accuracy of a rate-coded network at every T.

    Parameters
    ----------
    model : str
        Name of the network.
    code : RateCode
        Code of every population.
    variant : CurveVariant
        Form of the curve.
    points : tuple of CurvePoint
        Every T up to 64, then a geometric grid; ascending. `at` computes any T.
    trace : float
        K; 0 in the gradient-free form.
    exponent : int
        p of the asymptote K / T^p.
    calibration_steps : tuple of int
        T that were simulated and that the curve passes through; empty in forms that need none.
    calibration_errors : tuple of float
        Squared errors found there.
    coefficients : tuple of float
        a at the calibration steps (two-point, simulated), (p, q, r) (gradient-free) or (K / S,)
        (free); empty in the asymptotic form.
    accuracy_target : str
        ``"labels"``, ``"agreement with exact rates"`` or ``""`` if accuracy is not predicted.
    reference_accuracy : float or None
        Accuracy with exact rates.
    decision_coefficients : tuple of float
        h at `decided_steps`: accuracy at T is that of N(Z, Sigma / tau), tau = T^2 / (T + h(T)).
    decision_steps, decision_accuracies : FloatArray of shape [G]
        tau on a log grid, and the accuracy of N(Z, Sigma / tau); empty if accuracy is
        interpolated between calibration steps.
    outputs, n_samples : int
        m, entries of one output, and S.
    reference_mean_square : float
        Mean squared length of the exact outputs.
    neurons : int
        Neurons of all populations.
    rate : float
        Mean spikes per neuron and step.
    shift : FloatArray of shape [c, m]
        Mean shift of the outputs at every calibration step: what a corrected read-out subtracts.
    log_covariance : FloatArray of shape [1 + c, 1 + c]
        Covariance over samples of ln K and the logs of `calibration_errors`: makes the intervals.
    notes, warnings : tuple of str
        What a reader must know; guards that failed.
    provenance : Provenance
        Version, command, seed, time, assumptions.
    interpolated : bool
        Whether ln(T^p error / K) is a monotone cubic in ln T through the calibration points,
        because two of them did not predict a third, or were not asked to.
    own_asymptote : bool
        Whether the curve goes on from its last point as 1 / T^p because K is not its limit.
    limit : float
        S = 2 Var f, of the free form.
    calibration_accuracies : tuple of float
        Accuracies found at the calibration steps.
    calibration_deviations : tuple of float
        Relative standard errors of `calibration_errors` over codes, on the same samples.
    checks : tuple of CurveCheck
        Points that were predicted first and simulated then.
    passes : float
        Coded passes over all samples that the curve cost.
    group_references : FloatArray of shape [J]
        Accuracy with exact rates without one group of samples: of the jackknife's interval.
    group_accuracies : FloatArray of shape [J, c]
        Accuracies at the calibration steps without it.
    group_decisions : FloatArray of shape [J, G]
        Accuracies along tau without it.
    decided_steps : tuple of int
        Calibration steps whose accuracy is clear of chance and of that with exact rates.
    """

    schema: ClassVar[str] = "spikedim.response_curve/1"

    model: str
    code: RateCode
    variant: CurveVariant
    points: tuple[CurvePoint, ...]
    trace: float
    exponent: int
    calibration_steps: tuple[int, ...]
    calibration_errors: tuple[float, ...]
    coefficients: tuple[float, ...]
    accuracy_target: str
    reference_accuracy: float | None
    decision_coefficients: tuple[float, ...]
    decision_steps: FloatArray
    decision_accuracies: FloatArray
    outputs: int
    n_samples: int
    reference_mean_square: float
    neurons: int
    rate: float
    shift: FloatArray
    log_covariance: FloatArray
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    provenance: Provenance
    interpolated: bool = False
    own_asymptote: bool = False
    limit: float = 0.0
    calibration_accuracies: tuple[float, ...] = ()
    calibration_deviations: tuple[float, ...] = ()
    checks: tuple[CurveCheck, ...] = ()
    passes: float = 0.0
    group_references: FloatArray = field(default_factory=lambda: np.zeros(0))
    group_accuracies: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    group_decisions: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    decided_steps: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        groups, points = self.group_references.size, len(self.calibration_steps)
        for name, shape in (
            ("shift", (points, self.outputs)),
            ("group_accuracies", (groups, points)),
            ("group_decisions", (groups, self.decision_steps.size)),
        ):
            object.__setattr__(self, name, shape_if_empty(getattr(self, name), *shape))

    def at(self, steps: int) -> CurvePoint:
        """Return error and accuracy expected at T.

        Parameters
        ----------
        steps : int
            T, a whole number of at least 1.

        Raises
        ------
        InputError
            If it is none.
        """
        check_steps(steps, caller="ResponseCurve.at")
        return self.points_at((steps,))[0]

    def points_at(self, steps: tuple[int, ...]) -> tuple[CurvePoint, ...]:
        """Return `at` of several T at once."""
        asked = np.asarray([float(t) for t in steps])
        errors, width = self._errors(asked)
        if self.accuracy_target:
            found, deviation = self._accuracies(asked)
            low, high = (np.clip(found + z * deviation, 0, 1) for z in (-_Z, _Z))
        return tuple(
            CurvePoint(
                steps=t,
                squared_error=float(errors[i]),
                low=float(errors[i] / width[i]),
                high=float(errors[i] * width[i]),
                accuracy=float(found[i]) if self.accuracy_target else None,
                accuracy_low=float(low[i]) if self.accuracy_target else None,
                accuracy_high=float(high[i]) if self.accuracy_target else None,
            )
            for i, t in enumerate(steps)
        )

    def squared_target(self, epsilon: Epsilon) -> float:
        """Return the squared Frobenius error that an epsilon means for these outputs."""
        return squared_target(
            epsilon,
            outputs=self.outputs,
            reference_mean_square=self.reference_mean_square,
            caller="ResponseCurve",
        )

    def relative_error(self, steps: int) -> float:
        """Return the root of the squared error at T over the mean squared length of the outputs.

        Raises
        ------
        InputError
            If the outputs are all 0, or `steps` is no whole number of at least 1.
        """
        if self.reference_mean_square <= 0:
            raise InputError(
                "ResponseCurve.relative_error: `reference_mean_square` must be above 0; got 0. "
                "Ask for the absolute error with `at`."
            )
        return math.sqrt(self.at(steps).squared_error / self.reference_mean_square)

    def corrected_error(self, steps: int) -> float:
        """Return the squared error at a calibration step if the read-out subtracts `shift`.

        The part of the squared shift that is noise of the mean over samples is not counted.

        Raises
        ------
        InputError
            If `steps` is no calibration step.
        """
        if steps not in self.calibration_steps:
            raise InputError(
                "ResponseCurve.corrected_error: `steps` must be a calibration step; got "
                f"{steps!r}. Choose from {self.calibration_steps}, or name it in `calibration`."
            )
        index = self.calibration_steps.index(steps)
        error, length = self.calibration_errors[index], float(np.square(self.shift[index]).sum())
        noise = (error - length) / (self.n_samples - 1) if self.n_samples > 1 else length
        return error - min(max(length - noise, 0.0), error)

    def steps_for_error(self, epsilon: Epsilon) -> CurveAnswer:
        """Return the smallest T whose expected error is at most epsilon.

        Parameters
        ----------
        epsilon : Epsilon
            ``fro``, ``rms`` (per output) or ``relative`` (to the exact outputs).

        Raises
        ------
        InputError
            If no T up to 2^50 is enough.

        Notes
        -----
        Whole numbers are scanned upward, as a curve may rise before it falls.
        """
        allowed = self.squared_target(epsilon)

        def reach(power: float) -> int:
            def is_enough(asked: Array) -> AnyArray:
                errors, width = self._errors(asked)
                return np.asarray(errors * width**power <= allowed)

            return self._found(first_steps(is_enough), name="epsilon", value=epsilon)

        return _ordered(reach(0.0), reach(-1.0), reach(1.0))

    def steps_for_accuracy(self, *, tolerance: float = 0.02) -> CurveAnswer:
        """Return the smallest T whose expected accuracy is within `tolerance` of exact rates'.

        Parameters
        ----------
        tolerance : float
            Accuracy that may be lost, in (0, 1).

        Raises
        ------
        InputError
            If the curve predicts no accuracy, or `tolerance` is out of range.

        Notes
        -----
        The interval is that of the difference of both accuracies on the same samples.
        """
        allowed = check_number(tolerance, name="tolerance", caller="steps_for_accuracy")
        if not 0 < allowed < 1:
            raise InputError(
                f"steps_for_accuracy: `tolerance` must be in (0, 1); got {tolerance}. Use 0.02 for "
                "two points."
            )
        if not self.accuracy_target:
            raise InputError(
                "steps_for_accuracy: `self` must predict accuracy; got a curve of errors only. "
                "Make it of a network with outputs [S, C]."
            )

        def reach(sign: float) -> int:
            def is_enough(asked: Array) -> AnyArray:
                found, deviation = self._accuracies(asked, lost=True)
                return np.asarray(found + sign * _Z * deviation <= allowed + 1e-12)

            return self._found(first_steps(is_enough), name="tolerance", value=tolerance)

        return _ordered(reach(0.0), reach(-1.0), reach(1.0))

    def _found(self, steps: int | None, *, name: str, value: object) -> int:
        if steps is None:
            raise InputError(
                f"ResponseCurve: `{name}` must be in reach of {self.code.value} codes; got "
                f"{value}, which takes more than 2^50 steps. Allow more."
            )
        return steps

    def _law(self) -> ErrorLaw:
        return ErrorLaw(
            variant=self.variant,
            interpolated=self.interpolated,
            steps=self.calibration_steps,
            exponent=self.exponent,
            limit=self.limit,
            own=self.own_asymptote,
        )

    def _errors(self, asked: Array) -> tuple[Array, Array]:
        """Return squared errors and the factor to either end of their intervals, [N]."""
        values = np.asarray([self.trace, *self.calibration_errors])
        if not values.any():
            return np.zeros_like(asked), np.ones_like(asked)
        law, logs = self._law(), np.log(np.maximum(values, _FLOOR))
        errors = law.errors(asked, logs)
        slopes = [
            np.log(law.errors(asked, logs + _STEP * unit) / law.errors(asked, logs - _STEP * unit))
            / (2 * _STEP)
            for unit in np.eye(len(logs))
        ]
        gradient = np.stack(slopes)
        variance = np.einsum("in,ij,jn->n", gradient, self.log_covariance, gradient)
        known = np.isin(asked, self.calibration_steps)
        for t, error in zip(self.calibration_steps, self.calibration_errors, strict=True):
            errors = np.where(asked == t, error, errors)
        if self.calibration_steps:
            variance = variance + np.where(known, 0.0, _FORM**2)
        return errors, np.exp(_Z * np.sqrt(np.maximum(variance, 0.0)))

    def _accuracies(self, asked: Array, *, lost: bool = False) -> tuple[Array, Array]:
        """Return accuracies (or what is lost of them) and their standard errors, [N]."""
        reference = self.reference_accuracy or 0.0
        whole = self._decide(
            asked, np.asarray(self.calibration_accuracies), reference, self.decision_accuracies
        )
        parts = [
            _lost(self._decide(asked, *each), float(each[1]), lost=lost)
            for each in zip(
                self.group_accuracies, self.group_references, self.group_decisions, strict=True
            )
        ]
        found = _lost(whole, reference, lost=lost)
        if len(parts) < 2:
            return found, np.zeros_like(found)
        spread = np.square(np.stack(parts) - np.mean(parts, axis=0)).sum(axis=0)
        return found, np.sqrt(spread * (len(parts) - 1) / len(parts))

    def _decide(self, asked: Array, measured: Array, reference: float, decisions: Array) -> Array:
        """Return accuracies at T [N] of all samples, or of all but a group."""
        law = DecisionLaw(
            steps=self.calibration_steps,
            measured=measured,
            reference=float(reference),
            grid=self.decision_steps,
            accuracies=decisions,
            decided=self.decided_steps,
        )
        return law.at(asked)


def _lost(accuracies: Array, reference: float, *, lost: bool) -> Array:
    return reference - accuracies if lost else accuracies


def _ordered(steps: int, low: int, high: int) -> CurveAnswer:
    return CurveAnswer(steps, min(low, steps), max(high, steps))
