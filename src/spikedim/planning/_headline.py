"""The answer in one sentence: numbers with intervals, the law, the catch."""

from collections.abc import Sequence

from spikedim.energy import CLOSED_FORM_RULES, BreakEven, EnergyEstimate, Rules
from spikedim.laws import AbstractLaw, LawInputs, LawResult, LawTarget, is_trivial
from spikedim.models import Card
from spikedim.planning._energy_rows import HEADLINE_BITS, HEADLINE_RULES, HEADLINE_TWIN
from spikedim.planning._given import Rows
from spikedim.planning._plan import NetworkSummary
from spikedim.planning._summaries import noun_of
from spikedim.planning._wording import (
    epsilon_text,
    interval_text,
    number_text,
    samples_text,
    times_text,
)
from spikedim.training import Activations

__all__ = ["plan_headline"]


def plan_headline(
    *,
    samples: Rows,
    card: Card | None,
    law: AbstractLaw,
    inputs: LawInputs,
    result: LawResult,
    network: NetworkSummary | None,
    network_spikes: tuple[float, float, float] | None,
    energy: Sequence[EnergyEstimate],
    break_even: Sequence[BreakEven],
) -> str:
    """Return the first line of a plan."""
    subject = "a rate code" if card is None else card.name
    steps = _steps_text(result)
    if card is not None and result.population == inputs.data_population:
        whose = "that layer's" if isinstance(samples, Activations) else "its"
        steps += f" for {whose} rate-coded input"
    spikes = _spikes_text(result, network_spikes)
    if network is None or law.target is LawTarget.DATA_ERROR:
        goal = f"For {epsilon_text(inputs.epsilon)} on {samples.spec} ({samples.layer})"
    else:
        goal = _goal_of_run(law, inputs, network)
    parts = [f"{goal}, {subject} needs {steps}"]
    noun = noun_of(samples)
    snn = _find(energy, "snn", HEADLINE_RULES)
    if snn is None:
        parts.append(f" and {spikes} per {noun}")
    else:
        millijoule = interval_text(snn.value_mj, snn.low_mj, snn.high_mj)
        parts.append(f", {spikes} and {millijoule} mJ per {noun} ({HEADLINE_RULES.name} rules)")
    parts.append(f" [law: {law.name}, {law.catch}].")
    if law.target is LawTarget.DATA_ERROR and is_trivial(inputs):
        parts.append(" The target is trivial: a constant answer meets it.")
    if snn is not None:
        parts.append(_against(energy, _even(break_even)))
    return "".join(parts)


def _goal_of_run(law: AbstractLaw, inputs: LawInputs, network: NetworkSummary) -> str:
    """Say what a trained network is asked for, and on which samples."""
    where = f"{network.data}, {network.split}, {samples_text(network.n_samples)}"
    if law.target is LawTarget.ACCURACY:
        best = 100 * (network.reference_accuracy or 0.0)
        points = 100 * inputs.tolerance
        return f"To stay within {points:g} points of {best:.1f} % right ({where})"
    return f"For {epsilon_text(inputs.epsilon)} of its outputs ({where})"


def _steps_text(result: LawResult) -> str:
    """Return ``T = 5 (4-7) steps``."""
    if result.steps is None or result.low is None or result.high is None:
        return "an unknown number of steps"
    text = interval_text(*map(float, (result.steps, result.low, result.high)), whole=True)
    return f"T = {text} {'step' if text == '1' else 'steps'}"


def _spikes_text(result: LawResult, network: tuple[float, float, float] | None) -> str:
    """Return the spikes of the network, or of the law's population without a model."""
    if network is not None:
        return f"{interval_text(*network)} spikes in the whole network"
    spikes = (result.spikes or 0.0, result.spikes_low or 0.0, result.spikes_high or 0.0)
    return f"{interval_text(*spikes)} spikes of the data population"


def _find(energy: Sequence[EnergyEstimate], subject: str, rules: Rules) -> EnergyEstimate | None:
    """Return the row of one subject under one rule set."""
    rows = [row for row in energy if row.rules == str(rules) and row.subject == subject]
    return rows[0] if rows else None


def _even(rows: Sequence[BreakEven]) -> BreakEven | None:
    """Return the break-even rate against the headline's twin."""
    rules = str(HEADLINE_RULES)
    found = [row for row in rows if row.twin == HEADLINE_TWIN and row.rules == rules]
    return found[0] if found else None


def _against(energy: Sequence[EnergyEstimate], even: BreakEven | None) -> str:
    """Say who wins against the 8-bit twin, how clearly, where it turns, and who disagrees."""
    ratios = {}
    for rules in CLOSED_FORM_RULES:
        snn, twin = _find(energy, "snn", rules), _find(energy, HEADLINE_TWIN, rules)
        if snn is not None and twin is not None:
            ratios[rules] = (
                twin.low_mj / snn.high_mj,
                twin.value_mj / snn.value_mj,
                twin.high_mj / snn.low_mj,
            )
    if HEADLINE_RULES not in ratios:
        return ""
    worst, ratio, best = ratios[HEADLINE_RULES]
    verb = "wins" if ratio >= 1 else "loses"
    # A verdict that its own band contradicts is no verdict.
    verb = f"probably {verb}" if worst < 1 < best else verb
    others = ", ".join(
        f"{times_text(found[1])} by {rules.name}"
        for rules, found in ratios.items()
        if rules is not HEADLINE_RULES
    )
    text = (
        f" Against an {HEADLINE_BITS}-bit twin of the same shape it {verb} "
        f"({times_text(ratio)}{'; ' if others else ''}{others})"
    )
    if even is None:
        return f"{text}."
    if even.rate is None:
        return f"{text}; {even.reason}."
    would = "wins" if ratio >= 1 else "would win"
    return f"{text}; below a firing rate of {number_text(100 * even.rate)} % it {would}."
