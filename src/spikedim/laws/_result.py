"""What a law answers."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result
from spikedim.laws._target import LawTarget
from spikedim.models import Population

__all__ = ["Cause", "LawCurve", "LawResult"]


@final
@dataclass(frozen=True)
class Cause:
    """One reason why T, or the number of spikes, is uncertain.

    Parameters
    ----------
    name : str
        E.g. ``"firing rate"``.
    low, high : float
        Unrounded T at the two ends of this cause alone, ``low <= high``.
    low_rate, high_rate : float
        Firing rate of the law's population at those two ends, in spikes per neuron and step.
    """

    name: str
    low: float
    high: float
    low_rate: float
    high_rate: float


@final
@dataclass(frozen=True)
class LawResult(Result):
    """Steps for the error target under one law.

    Parameters
    ----------
    law : str
        Name of the law.
    steps : int or None
        T, at least 1; None if the law does not apply (then `reason` says why).
    low, high : int or None
        Interval of T that combines `causes`.
    unrounded : float or None
        T before rounding up.
    population : Population or None
        The population whose spikes `spikes` counts.
    spikes, spikes_low, spikes_high : float or None
        Spikes of `population` per sample, n * d * rate * T.
    causes : tuple of Cause
        What makes T uncertain, the widest first.
    assumptions : tuple of str
        What the law takes for granted.
    reference : str
        Theorem, equation or page.
    warnings : tuple of str
        Floors and flags of this law at these inputs.
    reason : str
        Why it does not apply; empty if it does.
    target : LawTarget
        What the steps are for: which error, or accuracy.
    """

    schema: ClassVar[str] = "spikedim.law_result/1"

    law: str
    steps: int | None
    low: int | None
    high: int | None
    unrounded: float | None
    population: Population | None
    spikes: float | None
    spikes_low: float | None
    spikes_high: float | None
    causes: tuple[Cause, ...] = ()
    assumptions: tuple[str, ...] = ()
    reference: str = ""
    warnings: tuple[str, ...] = ()
    reason: str = ""
    target: LawTarget = LawTarget.DATA_ERROR

    @classmethod
    def not_applicable(
        cls,
        law: str,
        reason: str,
        *,
        reference: str = "",
        target: LawTarget = LawTarget.DATA_ERROR,
    ) -> "LawResult":
        """Return the row of a law that has no answer here."""
        nothing = (None,) * 8
        return cls(law, *nothing, reference=reference, reason=reason, target=target)


@final
@dataclass(frozen=True)
class LawCurve:
    """Steps against error for one law.

    Parameters
    ----------
    law : str
        Name of the law.
    epsilons : tuple of float
        Grid in the unit and kind of the inputs' epsilon, increasing.
    steps, low, high : tuple of float
        T before rounding up, at least 1, and its interval on the grid.
    """

    law: str
    epsilons: tuple[float, ...]
    steps: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
