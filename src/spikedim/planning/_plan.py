"""The answer: a plan."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.bounds import Bound, Epsilon
from spikedim.dimension import DimensionEstimate
from spikedim.energy import BreakEven, EnergyEstimate
from spikedim.laws import Assumed, LawCurve, LawResult, LawTarget

__all__ = [
    "Advisory",
    "DataSummary",
    "InverseAnswers",
    "ModelSummary",
    "NetworkSummary",
    "Plan",
]


@final
@dataclass(frozen=True)
class Advisory:
    """A plain-language warning and what to do about it.

    Parameters
    ----------
    text : str
        What is weak.
    remedy : str
        What to do.
    """

    text: str
    remedy: str


@final
@dataclass(frozen=True)
class DataSummary:
    """What the plan knows of the data.

    Parameters
    ----------
    spec, layer : str
        As given to `spikedim.data.open_samples`.
    n_samples, n_features, tokens : int
        S, D of the flattened population, and its n.
    mean_rate, rate_variance, rms : float
        Mean of x, mean of x(1 - x) and RMS of x over all entries, as rates in [0, 1].
    constant_features : int
        Features without variance.
    eigenvalue_ranks, eigenvalues : tuple
        Scree: ranks (from 1) and the eigenvalues there, thinned to at most 200 points.
    total_variance : float
        Trace of the covariance.
    spectrum_method, fingerprint, licence : str
        How the spectrum was made; identity and licence of the data.
    """

    spec: str
    layer: str
    n_samples: int
    n_features: int
    tokens: int
    mean_rate: float
    rate_variance: float
    rms: float
    constant_features: int
    eigenvalue_ranks: tuple[int, ...]
    eigenvalues: tuple[float, ...]
    total_variance: float
    spectrum_method: str
    fingerprint: str
    licence: str


@final
@dataclass(frozen=True)
class ModelSummary:
    """What the plan knows of the model.

    Parameters
    ----------
    name : str
        Card name.
    tokens, width, depth : int
        n, d and number of blocks.
    parameters, macs, first_macs, neurons : int
        Totals of the card (MACs per time step).
    layer_names, layer_neurons, layer_macs : tuple
        One entry per spiking population: its name, neurons and the MACs of its layer.
    """

    name: str
    tokens: int
    width: int
    depth: int
    parameters: int
    macs: int
    first_macs: int
    neurons: int
    layer_names: tuple[str, ...]
    layer_neurons: tuple[int, ...]
    layer_macs: tuple[int, ...]


@final
@dataclass(frozen=True)
class NetworkSummary:
    """What the plan knows of a trained run.

    Parameters
    ----------
    name : str
        Name of its folder.
    model : str
        Name of its model.
    coding : str
        ``"rates"`` or ``"spikes"``.
    code : str
        Code of its populations; empty if it is directly coded.
    data, split : str
        What it was measured on.
    n_samples : int
        On how many samples.
    trace : float or None
        K of a rate-coded run.
    evaluated_steps : tuple of int
        T that were simulated.
    reference_accuracy : float or None
        Accuracy with exact rates, of a directly coded run the best one evaluated.
    tolerance : float or None
        Accuracy that may be lost; None in a plan for an error.
    weights_fingerprint : str
        Identity of the weights.
    """

    name: str
    model: str
    coding: str
    code: str
    data: str
    split: str
    n_samples: int
    trace: float | None
    evaluated_steps: tuple[int, ...]
    reference_accuracy: float | None
    tolerance: float | None
    weights_fingerprint: str


@final
@dataclass(frozen=True)
class InverseAnswers:
    """The plan read backwards, under its chosen law.

    Parameters
    ----------
    steps : int
        A number of steps someone has in mind (4 by default).
    epsilon_at_steps : float or None
        The error that those steps buy, in the kind of the plan's epsilon; None if the law
        cannot say.
    energy_mj : float or None
        An energy budget, None if none was given.
    steps_within_energy : int or None
        Largest T whose energy under `energy_rules` (point value) fits the budget; 0 if none does.
    energy_rules : str
        Rule set of the energy answers, empty without a model.
    rate_to_beat : float or None
        Mean firing rate below which the spiking net costs less than `twin` at the plan's T; None
        if no rate does or there is no model.
    twin : str
        The twin that `rate_to_beat` speaks of.
    rate_within_energy : float or None
        Largest mean firing rate whose energy fits `energy_mj` at the plan's T, at most 1; None if
        none does or no budget was given.
    energy_of_one_step_mj : float or None
        Energy of one step under `energy_rules` (point value), None without a budget or a model.
    epsilon_low, epsilon_high : float or None
        95 % interval of `epsilon_at_steps`, of a rate-coded run.
    accuracy_at_steps, accuracy_low, accuracy_high : float or None
        Expected accuracy of a trained run after `steps`, with its 95 % interval where one is
        known.
    """

    steps: int
    epsilon_at_steps: float | None
    energy_mj: float | None = None
    steps_within_energy: int | None = None
    energy_rules: str = ""
    rate_to_beat: float | None = None
    twin: str = ""
    rate_within_energy: float | None = None
    energy_of_one_step_mj: float | None = None
    epsilon_low: float | None = None
    epsilon_high: float | None = None
    accuracy_at_steps: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None


@final
@dataclass(frozen=True)
class Plan(Result):
    """Steps, spikes and energy for an error target, with everything they rest on.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    data : DataSummary
        The data.
    model : ModelSummary or None
        The model, None without one.
    epsilon : Epsilon
        Error target.
    epsilon_rms : float
        The same as a per-entry RMS error of the data population.
    lipschitz, rate : Assumed
        L_f and the firing rate.
    dimensions : tuple of DimensionEstimate
        Every estimator on the same spectrum.
    dimension_used : str
        Name of the estimator that the reconstructed rule used.
    law : str
        Name of the law the answer rests on.
    laws : tuple of LawResult
        Every law, applicable or not.
    curves : tuple of LawCurve
        Steps against error for every applicable law.
    bounds : tuple of Bound
        Every bound, applicable or not.
    steps, steps_low, steps_high : int
        T of the chosen law and its interval.
    spikes, spikes_low, spikes_high : float
        Spikes per sample of the population named by the chosen law.
    spikes_of : str
        That population, in words.
    network_spikes : float or None
        Spikes per sample of the whole network at T, the assumed rate everywhere.
    energy : tuple of EnergyEstimate
        Spiking net, fp32 ANN twin, 8-bit twin and bit-matched quantised twin under each rule set;
        the band of the spiking net covers T, the firing rate and the constants.
    break_even : tuple of BreakEven
        Break-even firing rates.
    inverse : InverseAnswers
        The inverse questions.
    advisories : tuple of Advisory
        Warnings, the most important first.
    provenance : Provenance
        Command, versions, fingerprint, RNG seed, assumptions.
    energy_reason : str
        Why `energy` is empty; empty if it is not.
    steps_because : str
        What makes the interval of T as wide as it is, in words.
    network_spikes_low, network_spikes_high : float or None
        Interval of `network_spikes` from T and the firing rate.
    target : LawTarget
        What `steps` are for: an error of the data, an error of the outputs, or accuracy.
    network : NetworkSummary or None
        The trained run that was measured; None before training.
    """

    schema: ClassVar[str] = "spikedim.plan/1"

    headline: str
    data: DataSummary
    model: ModelSummary | None
    epsilon: Epsilon
    epsilon_rms: float
    lipschitz: Assumed
    rate: Assumed
    dimensions: tuple[DimensionEstimate, ...]
    dimension_used: str
    law: str
    laws: tuple[LawResult, ...]
    curves: tuple[LawCurve, ...]
    bounds: tuple[Bound, ...]
    steps: int
    steps_low: int
    steps_high: int
    spikes: float
    spikes_low: float
    spikes_high: float
    spikes_of: str
    network_spikes: float | None
    energy: tuple[EnergyEstimate, ...]
    break_even: tuple[BreakEven, ...]
    inverse: InverseAnswers
    advisories: tuple[Advisory, ...]
    provenance: Provenance
    energy_reason: str = ""
    steps_because: str = ""
    network_spikes_low: float | None = None
    network_spikes_high: float | None = None
    target: LawTarget = LawTarget.DATA_ERROR
    network: NetworkSummary | None = None
