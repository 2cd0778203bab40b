"""The tables of an advice: what changes save, what they cost, what does not pay."""

from spikedim._core import Interval
from spikedim.planning import Advice, Outcome
from spikedim.report._advice_words import energy_saving, gain_words
from spikedim.report._format import ABSENT, approximate, count, interval, share
from spikedim.report._origin_table import origin_table
from spikedim.report._table import Column, Quantity, Table

__all__ = [
    "advice_costs_table",
    "advice_how_table",
    "advice_origins_table",
    "advice_rejected_table",
    "advice_table",
]

_AGREES = {True: "yes", False: "no", None: ABSENT}
_BASELINE = "baseline"


def advice_table(advice: Advice) -> Table:
    """Return the gain of every advised change, predicted beside measured.

    Parameters
    ----------
    advice : Advice
        From `spikedim.planning.advise`.

    Returns
    -------
    Table
        One row for each change: of what it saves a share, what first order says, the prediction,
        the measurement, and whether they agree within 25 %.
    """
    columns = (
        Column("change"),
        Column("saves a share of"),
        Column("law", "%", numeric=True, expendable=1),
        Column("predicted", "%", numeric=True, interval=True),
        Column("measured", "%", numeric=True, interval=True),
        Column("within 25 %"),
    )
    rows = tuple(
        (
            each.name,
            each.quantity,
            _law(each.law_gain),
            _gain(each.predicted_gain, each.predicted_interval),
            _gain(each.measured_gain, each.measured_interval),
            _AGREES[each.agrees],
        )
        for each in advice.changes
    )
    return Table("What each change saves, at the cost of the baseline", columns, rows)


def advice_costs_table(advice: Advice) -> Table:
    """Return what the baseline and every change cost where they are as good.

    Parameters
    ----------
    advice : Advice
        From `spikedim.planning.advise`.

    Returns
    -------
    Table
        One row for each network: steps until an answer, spikes and energy for one sample, and
        accuracy, predicted beside measured.
    """
    verified = advice.verified
    columns = (
        Column("network"),
        Column("latency", "steps", numeric=True),
        Column("spikes", numeric=True),
        *([Column("measured", "spikes", numeric=True, expendable=2)] if verified else []),
        Column("energy", "mJ", numeric=True),
        Column("less", "%", numeric=True),
        Column("accuracy", "%", numeric=True, interval=True),
        *([Column("measured", "%", numeric=True, interval=True)] if verified else []),
    )
    found: list[tuple[str, Outcome, Outcome | None, float | None]] = [
        (_BASELINE, advice.baseline, advice.baseline_measured, None)
    ]
    found += [
        (each.name, each.goal_predicted, each.goal_measured, energy_saving(advice, each))
        for each in advice.changes
        if each.goal_predicted is not None
    ]
    rows: tuple[tuple[str | Quantity, ...], ...] = tuple(
        (
            name,
            Quantity(f"{outcome.latency:,}", outcome.latency),
            _spikes(outcome),
            *([_spikes(measured)] if verified else []),
            Quantity(approximate(outcome.energy_mj, 3), outcome.energy_mj),
            Quantity(ABSENT) if saved is None else _share(saved),
            _accuracy(outcome),
            *([_accuracy(measured)] if verified else []),
        )
        for name, outcome, measured, saved in found
    )
    title = f"The fewest steps that are as good as the baseline; energy under {advice.rules}"
    return Table(title, columns, rows, emphasised=1 if len(rows) > 1 else None)


def advice_how_table(advice: Advice) -> Table:
    """Return what every advised change does to the network, and how it is done."""
    rows = tuple(
        (each.name, " ".join((each.what, *each.notes)), each.how) for each in advice.changes
    )
    return Table("How", (Column("change"), Column("what is done"), Column("how")), rows)


def advice_rejected_table(advice: Advice) -> Table:
    """Return the changes that are not advised, with the reason.

    Parameters
    ----------
    advice : Advice
        From `spikedim.planning.advise`.

    Returns
    -------
    Table
        One row for each change.
    """
    rows = tuple((each.name, each.reason) for each in advice.rejected)
    return Table("Not advised", (Column("change"), Column("why")), rows)


def advice_origins_table(advice: Advice) -> Table:
    """Return run, data, seed, versions and fingerprints, one row per fact."""
    facts = {
        "run": advice.run,
        "model": f"{advice.model}, {advice.coding.value}",
        "weights": advice.weights_fingerprint,
        "data": f"{advice.data}, {advice.split}",
        "samples for predictions": f"{advice.calibration_samples:,}",
        "samples held out": f"{advice.samples:,}" if advice.verified else "not measured",
        "data fingerprint": advice.data_fingerprint,
    }
    return origin_table(facts, advice.provenance)


def _law(value: float | None) -> Quantity:
    return Quantity(ABSENT) if value is None else _share(value)


def _share(value: float) -> Quantity:
    return Quantity(f"{100 * value:.0f}", 100 * value)


def _gain(value: float | None, ends: Interval | None) -> Quantity:
    if value is None or ends is None:
        return Quantity(ABSENT)
    text = gain_words(value, ends.low, ends.high)
    return Quantity(text, 100 * value, 100 * ends.low, 100 * ends.high)


def _spikes(outcome: Outcome | None) -> Quantity:
    if outcome is None:
        return Quantity(ABSENT)
    return Quantity(count(round(outcome.spikes), 3), outcome.spikes)


def _accuracy(outcome: Outcome | None) -> Quantity:
    if outcome is None:
        return Quantity(ABSENT)
    low, high = outcome.accuracy_interval.low, outcome.accuracy_interval.high
    text = interval(*(share(part) for part in (outcome.accuracy, low, high)))
    return Quantity(text, 100 * outcome.accuracy, 100 * low, 100 * high)
