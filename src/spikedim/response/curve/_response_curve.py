"""Error and accuracy as functions of T."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, final

from spikedim._core import FloatArray, Provenance, Result
from spikedim.circuits import RateCode

__all__ = ["CurvePoint", "CurveVariant", "ResponseCurve"]


class CurveVariant(StrEnum):
    """Which form the curve has."""

    TWO_POINT = "two_point"  # K / (T + a(T)), a from two simulated T: the one to use
    FREE = "free"  # K / (T + K / S), S = 2 Var f: nothing simulated
    GRADIENT_FREE = "gradient_free"  # 1 / eps^2 = p T + q + r ln T from three simulated T
    ASYMPTOTIC = "asymptotic"  # K / T^p: first order only
    SIMULATED = "simulated"  # every T simulated, as deterministic codes at small T need


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
        Expected accuracy with a 95 % interval; None without targets.
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
        T that were simulated; empty in forms that simulate nothing.
    calibration_errors : tuple of float
        Squared errors found there.
    coefficients : tuple of float
        a at the calibration steps (two-point), or (p, q, r), or (K / S,); see the variant.
    accuracy_target : str
        ``"labels"``, ``"agreement with exact rates"`` or ``""`` if accuracy is not predicted.
    reference_accuracy : float or None
        Accuracy with exact rates.
    decision_coefficients : tuple of float
        h at the calibration steps: accuracy at T is that of N(Z, Sigma / tau), tau =
        T^2 / (T + h(T)).
    decision_steps, decision_accuracies : FloatArray of shape [G]
        tau on a log grid, and the accuracy of N(Z, Sigma / tau).
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
