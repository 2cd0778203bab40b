"""The answer in one sentence."""

from collections.abc import Sequence

from spikedim.energy import Rules
from spikedim.models import Coding
from spikedim.planning.advice._advice import AdvisedChange
from spikedim.planning.advice._outcome import Outcome
from spikedim.training import TrainedRun

__all__ = ["advice_headline"]


def advice_headline(
    run: TrainedRun, changes: Sequence[AdvisedChange], base: Outcome, goal: str, rules: Rules
) -> str:
    """Return the answer in one sentence."""
    start = f"{run.name}: {goal} takes T = {base.steps:,}"
    if run.model.coding is not Coding.RATES:
        start = f"{run.name}: {goal}"
    if not changes:
        return f"{start}; none of the changes that were tried saves anything."
    best = changes[0]
    least = best.goal_predicted
    if best.predicted_saving is None or least is None:
        share, measured = best.predicted_gain, best.measured_gain
        what = f"{100 * share:.0f} % of the {best.quantity}"
    else:
        share, measured = best.predicted_saving, best.measured_saving
        saved = 1 - least.energy_mj / base.energy_mj if base.energy_mj else 0.0
        what = (
            f"{100 * saved:.0f} % of the energy ({rules.name}) and {100 * share:.0f} % of the "
            f"spikes, with an answer after {least.latency:,} steps"
        )
    said = ""
    if measured is not None:
        unit = "" if least is None else " of the spikes"
        said = f"; measured on samples held out: {100 * measured:.0f} %{unit}"
    return f"{start}; the best change, {best.name}, saves {what}{said}."
