"""What a law is given."""

import math
from dataclasses import dataclass, replace
from typing import final

from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.dimension import DimensionEstimate, Spectrum
from spikedim.laws._empirical_curve import EmpiricalCurve
from spikedim.models import Population
from spikedim.response import ResponseCurve

__all__ = ["Assumed", "LawInputs"]


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
    network_population : Population or None
        All spiking neurons of the model as one population, None without a model.
    curve : ResponseCurve or None
        Error and accuracy of a trained rate-coded network; None before training.
    empirical : EmpiricalCurve or None
        The same of a trained, directly coded network.
    tolerance : float
        Accuracy that may be lost, in (0, 1].
    """

    spectrum: Spectrum
    dimension: DimensionEstimate
    epsilon: Epsilon
    lipschitz: Assumed
    rate: Assumed
    data_population: Population
    model_population: Population | None
    reference_rms: float
    network_population: Population | None = None
    curve: ResponseCurve | None = None
    empirical: EmpiricalCurve | None = None
    tolerance: float = 0.02

    @property
    def epsilon_rms(self) -> float:
        """The target per entry of the data population, in output units."""
        return self.epsilon.as_rms(
            entries=self.data_population.neurons, reference_rms=self.reference_rms
        )

    @property
    def distortion(self) -> float:
        """The squared Frobenius error allowed at the input, (epsilon_F / L)^2."""
        per_entry = self.epsilon_rms / self.lipschitz.value
        return self.data_population.neurons * per_entry**2

    def with_epsilon(self, value: float) -> "LawInputs":
        """Return a copy with another target of the same kind."""
        return replace(self, epsilon=Epsilon(value, self.epsilon.kind))

    def with_epsilon_rms(self, epsilon_rms: float) -> "LawInputs":
        """Return a copy whose target is `epsilon_rms` per entry, in the kind of this target."""
        entries = self.data_population.neurons
        factor = {
            EpsilonKind.RMS: 1.0,
            EpsilonKind.FRO: math.sqrt(entries),
            EpsilonKind.RELATIVE: 1 / self.reference_rms,
        }[self.epsilon.kind]
        return self.with_epsilon(epsilon_rms * factor)

    def with_rate(self, value: float) -> "LawInputs":
        """Return a copy with another point value of the firing rate."""
        return replace(self, rate=replace(self.rate, value=value))

    def with_lipschitz(self, value: float) -> "LawInputs":
        """Return a copy with another L; the reference output L * X scales with it."""
        return replace(
            self,
            lipschitz=replace(self.lipschitz, value=value),
            reference_rms=self.reference_rms * value / self.lipschitz.value,
        )

    def with_dimension(self, value: float) -> "LawInputs":
        """Return a copy with another d_eff."""
        return replace(self, dimension=replace(self.dimension, value=value))
