"""What an evaluation found, in sentences."""

from spikedim.circuits import RateCode
from spikedim.models import Coding
from spikedim.planning import Advisory
from spikedim.report._format import approximate, count, percent, share
from spikedim.training import EvaluatedPopulation, EvaluatedSteps, Evaluation

__all__ = [
    "accuracy_claim",
    "evaluation_advisories",
    "evaluation_lines",
    "largest_steps",
    "learnt_at",
    "population_spikes",
    "rates_claim",
    "steps_name",
    "swept",
]

_WIDE = 0.1  # an interval of the accuracy wider than this decides little


def steps_name(point: EvaluatedSteps) -> str:
    """Return ``T = 4``, ``unequal T up to 8`` or ``exact rates``."""
    if point.allocation:
        return f"unequal T up to {point.steps:,}"
    return "exact rates" if point.steps is None else f"T = {point.steps:,}"


def learnt_at(found: Evaluation) -> int | None:
    """Return the T of the training, of a twin that of its noise; None for exact rates."""
    return found.trained_code_steps if found.coding is Coding.RATES else found.trained_steps


def largest_steps(found: Evaluation) -> int:
    """Return the largest T that all populations have."""
    return max(point.steps or 1 for point in found.points if not point.allocation)


def swept(found: Evaluation) -> list[EvaluatedSteps]:
    """Return the points with one T, ascending: all but an allocation and the exact rates."""
    return [point for point in found.points if point.steps is not None and not point.allocation]


def population_spikes(found: Evaluation, population: EvaluatedPopulation) -> float:
    """Return the spikes of a population for one sample at the largest T."""
    return population.rate * population.neurons * largest_steps(found)


def accuracy_claim(found: Evaluation) -> str:
    """Say from which T on more steps buy no accuracy that these samples show."""
    points = swept(found)
    if found.coding is Coding.ACTIVATIONS:
        return f"{share(found.points[0].accuracy)} % right, without spikes and without time"
    if len(points) < 2:
        point = found.points[0]
        return f"{share(point.accuracy)} % right at {steps_name(point)}"
    alike = [point for point in found.points if not point.allocation]
    best = max(alike, key=lambda point: point.accuracy)
    enough = next((p for p in points if p.accuracy >= best.accuracy_interval.low), points[-1])
    first, last = points[0], points[-1]
    fall = (
        f"From {steps_name(first)} to {last.steps:,} the accuracy goes from "
        f"{share(first.accuracy)} to {share(last.accuracy)} %"
    )
    if best.steps is None and enough.accuracy < best.accuracy_interval.low:
        return f"{fall}; exact rates have {share(best.accuracy)} %"
    whose = "exact rates" if best.steps is None else "the best"
    return f"{fall}; {steps_name(enough)} is within the interval of {whose}"


def rates_claim(found: Evaluation) -> str:
    """Say which population fires most, and where most spikes come from."""
    highest = max(found.populations, key=lambda population: population.rate)
    spikes = {p.name: population_spikes(found, p) for p in found.populations}
    most = max(spikes, key=lambda name: spikes[name])
    total = sum(spikes.values())
    where = f"; {most} has {percent(spikes[most] / total)} of all spikes" if total else ""
    word = "fires most" if found.coding is Coding.SPIKES else "has the highest rate"
    return f"{highest.name} {word}, {approximate(highest.rate)} per neuron and step{where}"


def evaluation_lines(found: Evaluation) -> tuple[str, ...]:
    """Return what the numbers rest on, a sentence each."""
    each = "" if found.targets == found.samples else f" with {found.targets:,} targets"
    counted = (
        f"Spikes were counted on {found.rate_samples:,} samples, over the {count(found.neurons)} "
        "neurons of all populations."
    )
    if found.coding is Coding.ACTIVATIONS:
        counted = "An ordinary network: nothing fires, and T is 1."
    lines = [
        f"{found.samples:,} samples{each} of {found.data}, {found.split}; intervals are 95 %.",
        f"Agreement: share of the answers that are those of {found.reference}.",
        counted,
    ]
    if found.code not in (None, RateCode.BERNOULLI):
        lines.append(f"Rates become spikes by the code {found.code}.")
    if found.allocated is not None:
        least = min(found.allocated.allocation.values())
        lines.append(
            f"The {steps_name(found.allocated)} gives each population a T of its own, at least "
            f"{least:,}; the result lists them."
        )
    if found.warm_up_steps:
        spent = ""
        if found.warm_up_spikes is not None:
            spent = f", in which a sample takes {count(round(found.warm_up_spikes))} more spikes"
        lines.append(
            f"{found.warm_up_steps:,} step{'s'[: found.warm_up_steps != 1]} on the same input go "
            f"before those that count{spent}."
        )
    if found.initial_membrane is not None:
        lines.append(f"Membranes start at {found.initial_membrane:g}.")
    if found.recalibrated:
        lines.append(
            f"Normalisations were estimated anew at every T on {found.recalibrated:,} training "
            "samples."
        )
    return (*lines, *found.notes)


def evaluation_advisories(found: Evaluation) -> tuple[Advisory, ...]:
    """Return what is wrong or weak with an evaluation."""
    advisories = []
    width = max(p.accuracy_interval.high - p.accuracy_interval.low for p in found.points)
    if width > _WIDE:
        advisories.append(
            Advisory(
                f"The widest interval of an accuracy spans {100 * width:.0f} points.",
                "Trust no smaller difference; more samples (--samples, --data) would narrow it.",
            )
        )
    silent = [population.name for population in found.populations if population.rate == 0]
    if silent:
        more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
        advisories.append(
            Advisory(
                f"{silent[0]}{more} never fired.",
                "What comes after sees nothing of it: lower the threshold, start membranes higher "
                "(--initial-membrane), or train anew.",
            )
        )
    return tuple(advisories)
