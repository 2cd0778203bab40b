"""Estimates of e^z, entry by entry: door check, deviation bound, result."""

import math
import warnings
from typing import Any

import numpy as np

from spikedim._core import InputError, Provenance, WeakResultWarning, check_positive
from spikedim.circuits._certificate import Theorem, certify
from spikedim.circuits._checks import check_matrix
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._rows import is_measured, unmeasured_reason
from spikedim.circuits._wiring import Wiring

__all__ = [
    "FAILURE",
    "check_exponents",
    "check_half_range",
    "deviation",
    "exponential_result",
    "input_rates",
    "total",
    "warn_of_amplification",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

FAILURE = 1e-6  # probability with which any entry of a sound run may pass its bound

_PRACTICAL_HALF_RANGE = 3.0
_LARGEST_HALF_RANGE = 27.0  # e^27 < 2^40 steps < e^28: beyond it no run has relative error 1


def check_half_range(half_range: object, *, caller: str) -> float:
    """Return M, above 0 and small enough for some number of steps to help."""
    number = check_positive(half_range, name="half_range", caller=caller)
    if number > _LARGEST_HALF_RANGE:
        raise InputError(
            f"{caller}: `half_range` must be at most {_LARGEST_HALF_RANGE:g}; got {half_range!r}. "
            "The variance grows as e^M, and 2**40 steps are too few from there on. Subtract the "
            "largest entry from z, or use a softmax circuit, which needs no exponential."
        )
    return number


def check_exponents(z: Any, half_range: object, *, caller: str) -> tuple[Array, float]:
    """Return z as float64 and M, with every entry in [-M, M]."""
    limit = check_half_range(half_range, caller=caller)
    array = check_matrix(z, caller=caller, name="z", ndim=None)
    if np.abs(array).max() > limit:
        raise InputError(
            f"{caller}: `z` must lie in [-{limit:g}, {limit:g}]; got values from "
            f"{array.min()} to {array.max()}. Widen `half_range` or shift z; nothing is "
            "clipped here."
        )
    return array, limit


def warn_of_amplification(half_range: float, exponent: float, *, caller: str) -> None:
    """Warn if M is beyond what a practical number of steps can average out."""
    if half_range > _PRACTICAL_HALF_RANGE:
        warnings.warn(
            f"{caller}: M = {half_range:g} is above {_PRACTICAL_HALF_RANGE:g}; in the worst case "
            f"the relative variance of one step is e^{exponent:g} = {math.exp(exponent):.3g}, so "
            "that many steps give a relative error of only about 1.",
            WeakResultWarning,
            stacklevel=3,
        )


def input_rates(z: Array, half_range: float) -> Array:
    """Return r = (z + M)/(2M) in [0, 1]."""
    return np.asarray(np.clip((z + half_range) / (2 * half_range), 0.0, 1.0))


def deviation(variance: Array, width: float, steps: int, entries: int) -> Array:
    """Bound the deviation of every entry's mean of T steps, except with probability `FAILURE`.

    `variance` is that of one step and `width` its range: the smallest of Bernstein's and
    Hoeffding's bounds, with a union bound, and the range itself.
    """
    log = math.log(2 * entries / FAILURE)
    first = width * log / (3 * steps)
    bernstein = first + np.sqrt(first**2 + 2 * variance * log / steps)
    return np.asarray(np.minimum(bernstein, width * min(1.0, math.sqrt(log / (2 * steps)))))


def total(counts: Any) -> int:
    """Return the sum of counts as an int that cannot overflow."""
    if counts.size * int(counts.max()) < 1 << 62:
        return int(counts.sum())
    return sum(counts.ravel().tolist())


def exponential_result(
    circuit: str,
    z: Array,
    value: Array,
    *,
    theorem: Theorem,
    bounds: Array | None,
    mean_squares: Array,
    spikes: tuple[SpikeCount, ...],
    silent: Any,
    steps: int,
    wiring: Wiring,
    measure_error: bool | None,
) -> CircuitResult:
    """Make the result of a circuit whose entries estimate e^z; all arrays but `z` are flat.

    `mean_squares` is the exact mean squared error of each entry. A silent entry has the value 0,
    which its bound covers, so it does not break the theorem; `reason` says how many there are.
    """
    measured = is_measured(z.size, measure_error)
    target = np.exp(z.ravel()) if measured else None
    gap = None if target is None else np.abs(value - target)
    quiet = int(np.count_nonzero(silent))
    reasons = [] if measured else [unmeasured_reason(z.size, measure_error)]
    if quiet:
        reasons.append(f"{quiet} of {z.size} entries got no output spike and say 0")
    certificate = certify(
        theorem,
        errors=gap,
        bounds=bounds,
        rms_error=None if gap is None else float(np.sqrt((gap**2).mean())),
        rms_law=float(np.sqrt(mean_squares.mean())),
        neurons=wiring.neurons,
        synapses=wiring.synapses,
        steps=steps,
        spikes=sum(part.spikes for part in spikes),
        reason="; ".join(reasons),
    )
    return CircuitResult(
        circuit=circuit,
        value=value.reshape(z.shape),
        target=None if target is None else target.reshape(z.shape),
        silent=np.asarray(silent).reshape(z.shape),
        spikes=spikes,
        row_spikes=None,
        row_entropy_bits=None,
        certificate=certificate,
        wiring=wiring,
        provenance=Provenance.now(command=f"spikedim.circuits.{circuit}"),
    )
