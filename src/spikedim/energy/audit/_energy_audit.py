"""What an audit of the energy of a model found."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Interval, Provenance, Result
from spikedim.energy.closed_forms import BreakEven
from spikedim.energy.operations import Operation, UnknownOperator
from spikedim.energy.pricing import PricedLine, PriceOptions

__all__ = ["AuditedEnergy", "EnergyAudit", "EnergyRatio", "EnergyVerdict"]


@final
@dataclass(frozen=True)
class AuditedEnergy:
    """Energy of the model or of a twin under one rule set.

    Parameters
    ----------
    subject : str
        ``"snn"``, ``"ann_fp32"``, ``"ann_fp16"``, ``"ann_int8"``, ``"qann_<bits>bit"``, or
        ``"ann_fp32_zero_skipping"``: the fp32 network on hardware that leaves out products with a
        zero activation.
    rules : str
        Rule set.
    options : PriceOptions
        What was chosen where it leaves a choice.
    source : str
        ``"counted"`` on data, or ``"expected"`` before training from rate and T.
    value_mj, low_mj, high_mj : float
        Millijoule per inference, with the band of constants and choices.
    sample_interval_mj : Interval or None
        95 % interval over samples.
    breakdown_mj : dict of float
        Parts of `value_mj`.
    lines : tuple of PricedLine
        By operation, of what was counted; empty of what is expected of a card, whose parts are in
        `breakdown_mj`.
    constants : tuple of str
        Names of the constants.
    notes : tuple of str
        What the rule leaves out.
    """

    subject: str
    rules: str
    options: PriceOptions
    source: str
    value_mj: float
    low_mj: float
    high_mj: float
    sample_interval_mj: Interval | None
    breakdown_mj: dict[str, float]
    lines: tuple[PricedLine, ...]
    constants: tuple[str, ...]
    notes: tuple[str, ...]


@final
@dataclass(frozen=True)
class EnergyRatio:
    """Energy of a twin over that of the model, under the same rule set.

    Published rule sets that price spikes alone meet the fp32 network under ``"M0 sop"``, whose 4.6
    pJ a multiply-accumulate their papers print beside.

    Parameters
    ----------
    twin, rules : str
        Which twin, which rule set.
    value, low, high : float
        Above 1 the spiking network costs less; the band has both prices at the same corner of
        constants, stem policy, and sums of spikes as additions or multiplications.
    break_even : BreakEven
        Firing rate at which both cost the same, all neurons firing more or less often by one
        factor: products of spikes with weights grow with it, overlaps of two spiking activations
        with its square.
    break_even_steps : int or None
        The largest T at which the spiking network costs less, at its own firing rate in every
        step. A bit-matched twin gets the bits of that T, and may be the cheaper one at some
        smaller T that needs fewer bits. None if the spiking network costs less at no T, and of a
        rate-coded network, whose layers do not run in steps; 1,000,000 stands for no limit.
    word : str
        Arithmetic of the spiking network; of a ``"qann"`` that of the twin too.
    """

    twin: str
    rules: str
    value: float
    low: float
    high: float
    break_even: BreakEven
    break_even_steps: int | None
    word: str = "fp32"


@final
@dataclass(frozen=True)
class EnergyVerdict:
    """Whether a published ratio holds for this model.

    Parameters
    ----------
    claim : str
        What was claimed, e.g. ``"38 to 57 times less than the same network without spikes"``.
    low, high : float
        The claimed ratios.
    holds : tuple of str
        Rule sets, twins and choices under which a ratio of at least `low` is reached; a reading
        that compares spikes in one arithmetic with a network in another says so.
    fails : tuple of str
        Those under which it is not.
    best, worst : float
        Largest and smallest ratio over all of them.
    falsified_by : tuple of str
        What would make the claim false where it holds: firing rate, steps, choices.
    best_alike, worst_alike : float or None
        The same with equal arithmetic on both sides; None if nothing was compared so.
    """

    claim: str
    low: float
    high: float
    holds: tuple[str, ...]
    fails: tuple[str, ...]
    best: float
    worst: float
    falsified_by: tuple[str, ...]
    best_alike: float | None = None
    worst_alike: float | None = None


@final
@dataclass(frozen=True)
class EnergyAudit(Result):
    """One run counted once and priced under every rule set, beside its twins.

    Parameters
    ----------
    headline : str
        The answer in one sentence, with its rule set.
    model : str
        Name of the model.
    trained : bool
        Whether the weights were trained; firing rates of others say little.
    steps : int
        T.
    data, split : str
        What was shown.
    n_samples : int
        Samples that were counted.
    firing_rate : float
        Mean spikes per neuron and step over all neurons.
    neurons : int
        Spiking neurons.
    spikes : float
        Spikes of all neurons in one inference.
    parameters, fused_parameters : int
        Before and after normalisations and re-parametrised convolutions are folded; what was
        counted is the latter when `fused`.
    fused : bool
        Whether they were folded before counting.
    operations : tuple of Operation
        What was counted, in the order of the forward pass.
    unknown : tuple of UnknownOperator
        What was not counted.
    energies : tuple of AuditedEnergy
        Model and twins under every rule set.
    expected : tuple of AuditedEnergy
        The same of the model before training, from T and `firing_rate`.
    ratios : tuple of EnergyRatio
        Twins over the model.
    verdict : EnergyVerdict
        What becomes of the ratio of the literature.
    notes : tuple of str
        What a reader must know.
    weights_fingerprint, data_fingerprint : str
        Identity of what was counted.
    provenance : Provenance
        Version, command, time.
    """

    schema: ClassVar[str] = "spikedim.energy_audit/1"

    headline: str
    model: str
    trained: bool
    steps: int
    data: str
    split: str
    n_samples: int
    firing_rate: float
    neurons: int
    spikes: float
    parameters: int
    fused_parameters: int
    fused: bool
    operations: tuple[Operation, ...]
    unknown: tuple[UnknownOperator, ...]
    energies: tuple[AuditedEnergy, ...]
    expected: tuple[AuditedEnergy, ...]
    ratios: tuple[EnergyRatio, ...]
    verdict: EnergyVerdict
    notes: tuple[str, ...]
    weights_fingerprint: str
    data_fingerprint: str
    provenance: Provenance
