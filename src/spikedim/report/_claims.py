"""Headings that say what the numbers below them show."""

from dataclasses import dataclass
from typing import final

from spikedim.bounds import Bound, BoundKind
from spikedim.dimension import DimensionEstimate
from spikedim.laws import LawTarget
from spikedim.planning import DataSummary, Plan
from spikedim.report._bounds_tables import is_rung, speaks_of_data
from spikedim.report._format import approximate, count, interval, times
from spikedim.report._plan_tables import dimension_text
from spikedim.report._words import entries_words, subject_words, title_words

__all__ = ["data_claim", "energy_claim", "ladder_claim", "layers_claim", "origin_claim",
           "steps_claim"]  # fmt: skip


def steps_claim(plan: Plan) -> str:
    """Say how far the laws agree on T."""
    steps = {
        law.law: law.steps
        for law in plan.laws
        if law.steps is not None and law.target is plan.target
    }
    answer = interval(count(plan.steps), count(plan.steps_low), count(plan.steps_high))
    if len(steps) < 2:
        if plan.target is not LawTarget.DATA_ERROR:
            return f"T = {answer} by {plan.law}, the law of this network's {_of_what(plan)}"
        return f"T = {answer} by the only law that applies, {plan.law}"
    least, most = min(steps, key=lambda k: steps[k]), max(steps, key=lambda k: steps[k])
    if steps[least] == steps[most]:
        return f"All {len(steps)} laws that apply give T = {count(steps[least])}"
    spread = times(steps[most] / steps[least])
    return (
        f"T = {answer} by {plan.law}; the laws differ {spread}, from {count(steps[least])} "
        f"({least}) to {count(steps[most])} ({most})"
    )


def _of_what(plan: Plan) -> str:
    return "accuracy" if plan.target is LawTarget.ACCURACY else "outputs"


def data_claim(data: DataSummary, dimensions: tuple[DimensionEstimate, ...]) -> str:
    """Say how few dimensions hold the variance, and whether more samples would change that."""
    by_name = {estimate.estimator: estimate for estimate in dimensions}
    if not by_name:
        return f"{count(data.n_samples)} samples of {count(data.n_features)} features"
    pca = by_name.get("pca95")
    features = f"{data.n_features:,}"
    if pca is not None:
        claim = f"{dimension_text(pca)} of {features} dimensions hold 95 % of the variance"
    else:
        first = dimensions[0]
        claim = f"{title_words(first.estimator)} {dimension_text(first)} of {features} dimensions"
    rising = [estimate.estimator for estimate in dimensions if estimate.still_rising]
    judged = pca if pca is not None else dimensions[0]
    if judged.still_rising:
        return f"{claim}, and more samples would raise it"
    if rising:
        return f"{claim}; {', '.join(rising)} still rising with n"
    return claim


def ladder_claim(plan: Plan) -> str:
    """Say between which lower and which upper bound the answer lies."""
    steps = {
        bound: bound.value
        for bound in plan.bounds
        if is_rung(bound)
        and bound.unit == "steps"
        and speaks_of_data(bound)
        and bound.value is not None
    }
    below = [b for b, t in steps.items() if b.kind is BoundKind.LOWER and t <= plan.steps]
    above = [b for b, t in steps.items() if b.kind is BoundKind.UPPER and t > plan.steps]
    parts = []
    if below:
        nearest = max(below, key=lambda bound: steps[bound])
        parts.append(
            f"above the lower bound {_name(nearest)} ({count(steps[nearest])}{_of(nearest)})"
        )
    if above:
        nearest = min(above, key=lambda bound: steps[bound])
        parts.append(f"below the upper bound {_name(nearest)} ({count(steps[nearest])})")
    if not parts:
        return f"No proved bound brackets T = {count(plan.steps)}"
    return f"T = {count(plan.steps)} lies {' and '.join(parts)}"


def _of(bound: Bound) -> str:
    """Say whose bound it is, unless it is the data's own."""
    return "" if bound.holds_for_data else f", {entries_words(bound.entries)}"


def _name(bound: Bound) -> str:
    return title_words(bound.name).removesuffix(" steps")


def layers_claim(plan: Plan) -> str:
    """Say which layers do most of the work."""
    if plan.model is None:
        return "Without a model there are no layers to compare"
    macs = dict(zip(plan.model.layer_names, plan.model.layer_macs, strict=True))
    total = sum(macs.values())
    if not total:
        return f"{plan.model.name} has {len(macs)} spiking layers"
    largest = sorted(macs, key=lambda name: macs[name], reverse=True)[:3]
    share = approximate(100 * sum(macs[name] for name in largest) / total)
    return f"{len(largest)} of {len(macs)} layers do {share} % of the operations"


def energy_claim(plan: Plan) -> str:
    """Say whether the spiking net wins against its cheapest twin, and under which rules."""
    verdicts = _verdicts(plan)
    if not verdicts:
        return "No twin to compare the energy with"
    won = [verdict for verdict in verdicts if verdict.ratio > 1]
    if 0 < len(won) < len(verdicts):
        parts = [
            f"{verdict.word} the {verdict.twin} under {verdict.rules} ({times(verdict.ratio)})"
            for verdict in verdicts
        ]
        return f"The rule set decides: the spiking net {', '.join(parts)}"
    ratios = sorted(verdict.ratio for verdict in verdicts)
    spread = times(ratios[0])
    if times(ratios[-1]) != spread:
        spread = f"{approximate(ratios[0])} to {times(ratios[-1])}"
    twins = " or ".join(dict.fromkeys(verdict.twin for verdict in verdicts))
    every = "every rule set" if len(verdicts) > 1 else verdicts[0].rules
    return f"The spiking net {verdicts[0].word} the {twins} under {every} ({spread})"


@final
@dataclass(frozen=True)
class _Verdict:
    """The cheapest twin under one rule set, and its energy over the spiking net's."""

    rules: str
    twin: str
    ratio: float

    @property
    def word(self) -> str:
        return "wins against" if self.ratio > 1 else "loses to"


def _verdicts(plan: Plan) -> list[_Verdict]:
    spiking = {entry.rules: entry.value_mj for entry in plan.energy if entry.subject == "snn"}
    verdicts = []
    for rules, ours in spiking.items():
        twins = [e for e in plan.energy if e.rules == rules and e.subject != "snn"]
        if twins and ours > 0:
            best = min(twins, key=lambda entry: entry.value_mj)
            verdicts.append(_Verdict(rules, subject_words(best.subject), best.value_mj / ours))
    return verdicts


def origin_claim(plan: Plan) -> str:
    """Say which inputs nobody measured."""
    assumed = [
        name
        for name, entry in (("firing rate", plan.rate), ("L", plan.lipschitz))
        if entry.source.startswith("assumed")
    ]
    if not assumed:
        return "Every input was given or measured"
    verb = "is" if len(assumed) == 1 else "are"
    subject = " and ".join(assumed)
    return f"{subject[0].upper()}{subject[1:]} {verb} assumed, not measured"
