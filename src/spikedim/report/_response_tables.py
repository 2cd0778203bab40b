"""The tables of a response: every T, every population, where it comes from."""

from spikedim.planning import ResponseAnswers
from spikedim.report._format import ABSENT, approximate, count, interval, share
from spikedim.report._origin_table import origin_table
from spikedim.report._response_words import error_text, steps_text
from spikedim.report._table import Column, Quantity, Table
from spikedim.response import CurvePoint, PopulationResponse, SimulatedPoint

__all__ = [
    "response_origins_table",
    "response_populations_table",
    "response_questions_table",
    "response_table",
]


def response_questions_table(found: ResponseAnswers) -> Table:
    """Return which T meets the error, and which keeps the accuracy.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    Table
        A row for each question, with T, its interval and the spikes of one sample.
    """
    columns = (
        Column("asked for"),
        Column("T", "steps", numeric=True, interval=True),
        Column("spikes", "per sample", numeric=True, interval=True),
        Column("law"),
    )
    rows = [
        _question(
            found,
            f"error of the outputs {found.epsilon}",
            (found.steps_for_error, found.steps_for_error_low, found.steps_for_error_high),
            "response",
        )
    ]
    if found.steps_for_accuracy is not None:
        ends = (
            found.steps_for_accuracy,
            found.steps_for_accuracy_low or found.steps_for_accuracy,
            found.steps_for_accuracy_high or found.steps_for_accuracy,
        )
        label = f"at most {100 * found.tolerance:g} points of {_what(found)} lost"
        rows.append(_question(found, label, ends, "accuracy"))
    return Table("Steps for a target", columns, tuple(rows))


def _question(
    found: ResponseAnswers, label: str, steps: tuple[int, int, int], law: str
) -> tuple[str | Quantity, ...]:
    per_step = found.trace.spikes_per_step
    spikes = [per_step * t for t in steps]
    text = interval(*(count(round(value)) for value in spikes))
    return label, Quantity(steps_text(*steps), *steps), Quantity(text, *spikes), law


def response_table(found: ResponseAnswers) -> Table:
    """Return error and accuracy at every T that was asked for.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    Table
        Predicted with intervals, measured beside where it was measured, spikes per sample.
    """
    labelled = any(point.accuracy is not None for point in found.points)
    measured = found.simulation is not None
    columns = (
        Column("T"),
        Column("error", found.epsilon.kind.value, numeric=True, interval=True),
        *([Column("measured", numeric=True)] if measured else []),
        *([Column(_what(found), "%", numeric=True, interval=True)] if labelled else []),
        *([Column("measured", "%", numeric=True)] if measured and labelled else []),
        Column("spikes", numeric=True),
    )
    rows = tuple(_row(found, point, labelled=labelled) for point in found.points)
    return Table("What T steps lose, and spikes per sample", columns, rows)


def _row(
    found: ResponseAnswers, point: CurvePoint, *, labelled: bool
) -> tuple[str | Quantity, ...]:
    ends = (point.squared_error, point.low, point.high)
    values = [found.error_of(value) for value in ends]
    error = Quantity(interval(*(error_text(found, value) for value in ends)), *values)
    seen = None if found.simulation is None else found.simulation.at(point.steps)
    spikes = found.trace.spikes_per_step * point.steps
    return (
        f"{point.steps:,}",
        error,
        *([] if seen is None else [_seen_error(found, seen)]),
        *([_accuracy(point)] if labelled else []),
        *([_seen_accuracy(found, seen)] if labelled and seen is not None else []),
        Quantity(count(round(spikes), 3), spikes),
    )


def _seen_error(found: ResponseAnswers, seen: SimulatedPoint) -> Quantity:
    value = found.error_of(seen.squared_error)
    return Quantity(error_text(found, seen.squared_error), value)


def _accuracy(point: CurvePoint) -> Quantity:
    if point.accuracy is None or point.accuracy_low is None or point.accuracy_high is None:
        return Quantity(ABSENT)
    ends = (point.accuracy, point.accuracy_low, point.accuracy_high)
    return Quantity(interval(*map(share, ends)), *(100 * value for value in ends))


def _seen_accuracy(found: ResponseAnswers, seen: SimulatedPoint) -> Quantity:
    labelled = found.curve.accuracy_target == "labels"
    value = seen.accuracy if labelled else seen.agreement
    return Quantity(ABSENT) if value is None else Quantity(share(value), 100 * value)


def _what(found: ResponseAnswers) -> str:
    return "accuracy" if found.curve.accuracy_target == "labels" else "agreement"


def response_populations_table(found: ResponseAnswers) -> Table:
    """Return what the noise of every population does.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    Table
        Share of K with its interval, share of all spikes, rate, saturated neurons, L.
    """
    columns = (
        Column("population"),
        Column("neurons", numeric=True, expendable=1),
        Column("rate", "per step", numeric=True),
        Column("saturated", "%", numeric=True, expendable=3),
        Column("of K", "%", numeric=True, interval=True),
        Column("of spikes", "%", numeric=True),
        Column("L", numeric=True, expendable=2),
    )
    rows = tuple(_population(found, row) for row in found.trace.populations)
    return Table("Shares of K and of all spikes", columns, rows)


def _population(found: ResponseAnswers, row: PopulationResponse) -> tuple[str | Quantity, ...]:
    total = found.trace.value or 1.0
    low, high = (
        min(max((row.trace + z * row.trace_deviation) / total, 0.0), 1.0) for z in (-1.96, 1.96)
    )
    spikes = row.neurons * row.rate / (found.trace.spikes_per_step or 1.0)
    part = interval(share(row.share), share(low), share(high))
    return (
        row.name,
        Quantity(count(row.neurons, 3), row.neurons),
        Quantity(f"{row.rate:.3f}", row.rate),
        Quantity(share(row.saturated), 100 * row.saturated),
        Quantity(part, 100 * row.share, 100 * low, 100 * high),
        Quantity(share(spikes), 100 * spikes),
        Quantity(ABSENT if row.lipschitz is None else approximate(row.lipschitz), row.lipschitz),
    )


def response_origins_table(found: ResponseAnswers) -> Table:
    """Return model, data, seed, versions and fingerprints.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    Table
        One row per fact.
    """
    facts = {
        "network": f"{found.name}, {found.curve.model}",
        "code": found.curve.code.value,
        "weights": found.trace.weights_fingerprint,
        "data": f"{found.data}, {found.split}, {found.curve.n_samples:,} samples",
        "data fingerprint": found.provenance.data_fingerprint or "",
    }
    return origin_table(facts, found.provenance)
