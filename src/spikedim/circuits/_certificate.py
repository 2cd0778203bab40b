"""A theorem beside the error that was measured when the circuit ran."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import NumericsError, Result
from spikedim.bounds import Assumption

__all__ = ["Certificate", "Theorem", "all_hold", "certify", "worst_row"]

_ROUNDING = 1e-9  # slack of a comparison in float64, relative to the bound
_FLOOR = 1e-12  # and that of sums of shares; (n - 1) / N is above it in the longest run


@final
@dataclass(frozen=True)
class Theorem:
    """What is known of a circuit before it runs.

    Parameters
    ----------
    name : str
        Name or number in the theory index, e.g. ``"3a"``; empty if there is no theorem.
    statement : str
        The inequality in symbols, e.g. ``"||attn_hat - attn||_1 <= (n - 1) / N"``.
    quantity : str
        The error it speaks of, e.g. ``"largest l1 error of a row"``.
    assumptions : tuple of Assumption
        What it rests on.
    failure_probability : float
        Probability in [0, 1) with which a sound circuit may break it; 0 if it never may.
    """

    name: str
    statement: str
    quantity: str
    assumptions: tuple[Assumption, ...] = ()
    failure_probability: float = 0.0


@final
@dataclass(frozen=True)
class Certificate(Result):
    """Whether a run kept what its theorem promises, and what it used.

    Parameters
    ----------
    theorem : Theorem
        What was promised.
    error : float or None
        The measured error; of several rows, the one that comes closest to its own bound or passes
        it furthest. None if it was not measured (then `reason` says why): it is never
        copied from the bound.
    bound : float or None
        The bound on that error; None if no theorem covers the run.
    holds : bool or None
        Whether every measured error is within its bound; None if that is not known.
    rms_error : float or None
        Root mean square of the error over all rows, in the quantity's unit; None if not measured.
    rms_law : float or None
        What the circuit's error law predicts for `rms_error`; None if there is no law.
    neurons, synapses : int
        What was built, all copies together.
    steps : int
        Time steps that were run.
    spikes : int
        Spikes of all populations that spike.
    reason : str
        Why something is missing or why it fails; else empty.
    """

    schema: ClassVar[str] = "spikedim.certificate/1"

    theorem: Theorem
    error: float | None
    bound: float | None
    holds: bool | None
    rms_error: float | None
    rms_law: float | None
    neurons: int
    synapses: int
    steps: int
    spikes: int
    reason: str = ""

    def __str__(self) -> str:
        """Return the verdict in one sentence."""
        verdict = {True: "holds", False: "FAILS", None: "not checked"}[self.holds]
        measured = "not measured" if self.error is None else f"{self.error:.3g}"
        bound = "none" if self.bound is None else f"{self.bound:.3g}"
        why = f" ({self.reason})" if self.reason else ""
        return (
            f"{self.theorem.name or 'no theorem'}: {verdict}; {self.theorem.quantity} {measured}, "
            f"bound {bound}{why}"
        )


def all_hold(verdicts: Iterable[bool | None]) -> bool | None:
    """Put verdicts together: one failure outweighs what is not known.

    Parameters
    ----------
    verdicts : iterable of bool or None
        Whether each of several certificates holds.

    Returns
    -------
    bool or None
        False if one is False, else None if one is None or there are none, else True.

    Examples
    --------
    >>> all_hold([True, None]), all_hold([None, False])
    (None, False)
    """
    found = set(verdicts)
    if False in found:
        return False
    return None if None in found or not found else True


def _within(error: Any, bound: Any) -> Any:
    """Whether errors keep their bounds, rounding aside."""
    return error <= bound * (1 + _ROUNDING) + _FLOOR


def worst_row(errors: Any, bounds: Any) -> tuple[float, float]:
    """Return error and bound of the row that is closest to its bound, or furthest past it."""
    errors, bounds = np.broadcast_arrays(np.atleast_1d(errors), np.atleast_1d(bounds))
    errors, bounds = errors.ravel(), bounds.ravel()
    broken = ~_within(errors, bounds)
    # A row with bound 0 and error 1e-17 must hide no row that breaks its bound.
    excess = (errors - bounds) / (bounds + _FLOOR)
    at = np.argmax(np.where(broken | ~broken.any(), excess, -np.inf))
    return float(errors[at]), float(bounds[at])


def certify(
    theorem: Theorem,
    *,
    errors: Any | None,
    bounds: Any | None,
    rms_error: float | None = None,
    rms_law: float | None = None,
    neurons: int,
    synapses: int,
    steps: int,
    spikes: int,
    silent_rows: int = 0,
    reason: str = "",
) -> Certificate:
    """Compare the errors of all rows that spoke with their bounds; None: not known.

    A silent row has no value, so a run that has one does not keep its theorem. A number that is
    not finite is an error: NaN compares as if it broke no bound.
    """
    for name, numbers in (
        ("errors", errors), ("bounds", bounds), ("rms_error", rms_error), ("rms_law", rms_law)
    ):  # fmt: skip
        if numbers is not None and not np.isfinite(numbers).all():
            raise NumericsError(
                f"certify: `{name}` must be finite; got NaN or infinity. The inputs are too large "
                "for float64: scale them down."
            )
    error = bound = holds = None
    if errors is not None and np.size(errors) == 0:
        errors = bounds = None  # every row is silent
    if errors is not None and bounds is not None:
        error, bound = worst_row(errors, bounds)
        holds = bool(_within(error, bound))
    elif errors is not None:
        error = float(np.max(errors))
    elif bounds is not None:
        bound = float(np.max(bounds))
    if silent_rows:
        holds = False
        reason = f"{silent_rows} silent rows have no value; {reason}".removesuffix("; ")
    return Certificate(
        theorem=theorem,
        error=error,
        bound=bound,
        holds=holds,
        rms_error=rms_error,
        rms_law=rms_law,
        neurons=neurons,
        synapses=synapses,
        steps=steps,
        spikes=spikes,
        reason=reason,
    )
