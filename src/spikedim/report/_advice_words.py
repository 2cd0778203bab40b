"""What an advice found, in sentences."""

from collections.abc import Iterator

from spikedim.models import Coding
from spikedim.planning import Advice, AdvisedChange, Advisory
from spikedim.report._format import approximate, count, interval, share

__all__ = [
    "advice_advisories",
    "advice_lines",
    "changes_claim",
    "costs_claim",
    "energy_saving",
    "gain_words",
    "rejected_claim",
]

_FEW = 100  # samples of a half
_NEAR = "25 %"
_ALL = 0.985


def energy_saving(advice: Advice, change: AdvisedChange) -> float | None:
    """Return the share of the energy of the baseline that is saved where as good as it."""
    if change.goal_predicted is None or not advice.baseline.energy_mj:
        return None
    return 1 - change.goal_predicted.energy_mj / advice.baseline.energy_mj


def gain_words(value: float, low: float, high: float) -> str:
    """Return a gain in per cent with its interval."""
    decimals = 1 if value > _ALL else 0  # what is left of the last per cent matters
    return interval(*(f"{100 * part:.{decimals}f}" for part in (value, low, high)))


def advice_lines(advice: Advice) -> tuple[str, ...]:
    """Say what was asked, what it is compared with, and for what it holds."""
    base = advice.baseline
    accuracy = f"accuracy {share(base.accuracy)} %"
    if advice.baseline_measured is not None:
        accuracy += f", on the other half {share(advice.baseline_measured.accuracy)} %"
    verb = "answer" if advice.reference.endswith("rates") else "answers"
    goal = (
        f"Goal: {advice.goal}. Errors are distances from {advice.reference}, which {verb} "
        f"{share(advice.reference_accuracy)} % right."
    )
    baseline = (
        f"Baseline: T = {base.latency:,}, {count(round(base.spikes), 3)} spikes, "
        f"{approximate(base.energy_mj, 3)} mJ ({advice.rules}), {accuracy}."
    )
    lines = [goal, baseline]
    if advice.law_steps is not None:
        lines.append(
            f"The response law takes T = {approximate(advice.law_steps)} for the error of the "
            "baseline, to first order and without any simulation."
        )
    said = f"Predicted on {advice.calibration_samples:,} samples of {advice.data}, {advice.split}"
    if advice.verified:
        said += f", measured on {advice.samples:,} others"
        said += " with codes of their own" if advice.coding is Coding.RATES else ""
    return (*lines, f"{said}.", advice.scope, *advice.notes)


def changes_claim(advice: Advice) -> str:
    """Say how many changes pay, and whether they do what was predicted."""
    number = len(advice.changes)
    if not number:
        return "None of the changes that were tried saves anything"
    said = f"{number:,} change{'s pay' if number > 1 else ' pays'}"
    if not advice.verified:
        return f"{said}; none was measured yet"
    near = sum(bool(each.agrees) for each in advice.changes)
    return f"{said}; measured gains within {_NEAR} of the prediction: {near:,} of {number:,}"


def costs_claim(advice: Advice) -> str:
    """Say what the best change costs."""
    found = [each for each in advice.changes if each.goal_predicted is not None]
    if not found:
        return "No change is as good as the baseline at less"
    best = found[0]
    saved = energy_saving(advice, best) or 0.0
    return (
        f"As good as the baseline for {100 * saved:.0f} % less energy: {best.name}, {advice.rules}"
    )


def rejected_claim(advice: Advice) -> str:
    """Say how many changes are not advised."""
    number = len(advice.rejected)
    said = "changes do" if number != 1 else "change does"
    return f"{number:,} {said} not pay here, or were not tried"


def advice_advisories(advice: Advice) -> tuple[Advisory, ...]:
    """Return what is weak with an advice."""
    return tuple(_advisories(advice))


def _advisories(advice: Advice) -> Iterator[Advisory]:
    if advice.changes and not advice.verified:
        yield Advisory(
            "Nothing was measured on samples held out.", "--verify puts measurements beside."
        )
    for each in advice.changes:
        if each.agrees is False and each.measured_gain is not None:
            yield Advisory(
                f"{each.name}: {100 * each.predicted_gain:.0f} % was predicted, "
                f"{100 * each.measured_gain:.0f} % measured, more than {_NEAR} apart.",
                "Trust the smaller one; more --samples narrow both.",
            )
        if each.reached is False:
            yield Advisory(
                f"{each.name}: the held-out half misses the goal at T = "
                f"{each.goal_predicted.latency if each.goal_predicted else 0:,}.",
                "Take a step more, or allow for it with a smaller --tolerance.",
            )
    if advice.calibration_samples < _FEW:
        yield Advisory(
            f"Predictions come from {advice.calibration_samples:,} samples, of which a few make up "
            "most of an error.",
            "Take some hundred --samples.",
        )
