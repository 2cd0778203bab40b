"""How many steps for which error: the interface every law keeps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Interval, Result
from spikedim.bounds import Epsilon
from spikedim.dimension import DimensionEstimate, Spectrum
from spikedim.models import Population

__all__ = ["AbstractLaw", "Assumed", "Cause", "LawInputs", "LawResult"]


@final
@dataclass(frozen=True)
class Assumed:
    """A number that was not measured, or measured elsewhere.

    Parameters
    ----------
    value : float
        Point value.
    low, high : float
        Range that the user (or the default) considers plausible.
    source : str
        ``"assumed"``, ``"given"``, ``"measured: ..."``.
    """

    value: float
    low: float
    high: float
    source: str


@final
@dataclass(frozen=True)
class LawInputs:
    """Everything any law may need; each takes what it wants.

    Parameters
    ----------
    spectrum : Spectrum
        Covariance spectrum of the flattened data population, entries as rates in [0, 1].
    dimension : DimensionEstimate
        The d_eff that the reconstructed rule uses; says which estimator and layer.
    epsilon : Epsilon
        Error target.
    lipschitz : Assumed
        L_f of the function after the encoding population; 1 in normalised units.
    rate : Assumed
        Mean firing rate in spikes per neuron and step, in (0, 1].
    data_population : Population
        The data itself as a rate-coded population of n x d.
    model_population : Population or None
        The model's first n x d spiking population, None without a model.
    reference_rms : float
        RMS of the reference output in output units; with f = L X it is L * RMS(X).
    """

    spectrum: Spectrum
    dimension: DimensionEstimate
    epsilon: Epsilon
    lipschitz: Assumed
    rate: Assumed
    data_population: Population
    model_population: Population | None
    reference_rms: float


@final
@dataclass(frozen=True)
class Cause:
    """One reason why T is uncertain.

    Parameters
    ----------
    name : str
        E.g. ``"firing rate"``.
    low, high : float
        Unrounded T at the two ends of this cause alone, ``low <= high``.
    """

    name: str
    low: float
    high: float


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


class AbstractLaw(ABC):
    """One law: unrounded T from inputs, and the ranges that make it uncertain."""

    name: ClassVar[str]
    reference: ClassVar[str]
    assumptions: ClassVar[tuple[str, ...]]

    @abstractmethod
    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T before rounding; raise `AssumptionError` where the law does not apply."""

    @abstractmethod
    def population(self, inputs: LawInputs) -> Population:
        """Return the population whose steps these are."""

    @abstractmethod
    def variations(self, inputs: LawInputs) -> tuple[tuple[str, LawInputs, LawInputs], ...]:
        """Return (cause, inputs at one end, inputs at the other end) for each uncertain input."""

    @abstractmethod
    def constant_interval(self) -> Interval | None:
        """Return the relative interval of the law's own constant (1 = point), None if exact."""

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:  # noqa: ARG002
        """Return flags that these inputs raise; none by default."""
        return ()
