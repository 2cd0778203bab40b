"""The bounds of a plan as tables: all of them, or the rungs between which the answer lies."""

import math
from collections.abc import Sequence

from spikedim.bounds import Bound, BoundKind, Entries
from spikedim.planning import Plan
from spikedim.report._format import ABSENT, count
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._words import entries_words, kind_words, title_words

__all__ = ["bounds_table", "bounds_tables", "is_rung", "rungs_table", "speaks_of_data"]

_COLUMNS = (
    Column("bound"),
    Column("value", numeric=True),
    Column("unit"),
    Column("kind"),
    Column("holds for"),
    Column("population"),
    Column("remark"),
)
_UNITS = ("steps", "spikes", "bits")
_HEADS = {"steps": "T", "spikes": "N", "bits": "B"}
_DATA = "data"  # the layer of the data's own population in a plan
_NEAREST = 6


def bounds_table(plan: Plan) -> Table:
    """List every bound with what it speaks of and how far it can be trusted.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    Table
        One row per bound, applicable or not.
    """
    return Table("Bounds", _COLUMNS, tuple(map(_row, plan.bounds)))


def bounds_tables(plan: Plan) -> tuple[Table, ...]:
    """Arrange the bounds for a page: rungs, bits, verdicts, and what does not apply.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    tuple of Table
        Those that have rows; together they say of every bound what `bounds_table` says.
    """
    applicable = [bound for bound in plan.bounds if bound.value is not None]
    of_data = [bound for bound in applicable if bound.layer == _DATA]
    of_model = [bound for bound in applicable if bound.layer != _DATA]
    true = [bound for bound in of_data if speaks_of_data(bound)]
    elsewhere = [bound for bound in of_data if bound.entries and not speaks_of_data(bound)]
    published = [bound for bound in of_data if not bound.entries]
    verdicts = {title_words(bound.name): bound.verdict for bound in plan.bounds if bound.verdict}
    reasons: dict[str, list[str]] = {}
    for bound in plan.bounds:
        if bound.value is None:
            reasons.setdefault(bound.reason, []).append(title_words(bound.name))
    tables = (
        _rungs("Bounds that speak of this data", true, units=_UNITS),
        _rungs("Bounds for other entries in its place", elsewhere, units=_UNITS),
        _rungs("Published forms for its shape", published, units=_UNITS),
        _rungs("Bounds for the populations of the model", of_model, units=_UNITS),
        Table(
            "Published forms, and what holds of them",
            (Column("form"), Column("verdict")),
            tuple(verdicts.items()),
        ),
        Table(
            "Bounds that do not apply",
            (Column("reason"), Column("bounds")),
            tuple((why, ", ".join(dict.fromkeys(names))) for why, names in reasons.items()),
        ),
    )
    return tuple(table for table in tables if table.rows)


def rungs_table(plan: Plan) -> Table:
    """List what was published and the rungs nearest to T that speak of this data.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    Table
        One row per code or theorem, its steps and its spikes side by side, fewest steps first.
    """
    rungs = [bound for bound in plan.bounds if is_rung(bound)]
    near = sorted(
        (bound for bound in rungs if bound.unit == "steps" and speaks_of_data(bound)),
        key=lambda bound: abs(math.log((bound.value or 1.0) / plan.steps)),
    )[:_NEAREST]
    kept = {(_name(bound), bound.entries) for bound in near}
    shown = [
        bound
        for bound in rungs
        if bound.kind is BoundKind.PUBLISHED or (_name(bound), bound.entries) in kept
    ]
    table = _rungs("", shown, units=_UNITS[:2])
    title = (
        f"Bounds around T = {plan.steps:,} for the data as a population of {plan.data.tokens:,} x "
        f"{plan.data.n_features // plan.data.tokens:,}"
    )
    return Table(title, table.columns[:-1], tuple(row[:-1] for row in table.rows))


def _rungs(title: str, bounds: Sequence[Bound], *, units: Sequence[str]) -> Table:
    """Put the units of one theorem about one population side by side."""
    rows: dict[tuple[str, Entries | None, str, BoundKind], dict[str, float]] = {}
    for bound in bounds:
        if bound.unit in units and bound.value is not None:
            key = _name(bound), bound.entries, _population(bound), bound.kind
            rows.setdefault(key, {})[bound.unit] = bound.value
    ordered = sorted(
        rows.items(),
        key=lambda item: [item[1].get(unit, math.inf) for unit in units],
    )
    columns = (
        Column("bound"),
        *(Column(_HEADS[unit], unit, numeric=True) for unit in units),
        Column("kind"),
        Column("holds for"),
        Column("population"),
    )
    return Table(
        title,
        columns,
        tuple(
            (
                name,
                *(_value(found.get(unit)) for unit in units),
                kind_words(kind),
                entries_words(entries, kind),
                population,
            )
            for (name, entries, population, kind), found in ordered
        ),
    )


def _name(bound: Bound) -> str:
    """Return the theorem without the unit of this row."""
    return title_words(bound.name).removesuffix(f" {bound.unit}")


def _population(bound: Bound) -> str:
    """Return the population, with its layer if that is not the data."""
    if bound.layer in ("", _DATA):
        return bound.population
    return f"{bound.layer}: {bound.population}"


def is_rung(bound: Bound) -> bool:
    """Whether a bound is a rung of the ladder: it applies, to the data, in steps or spikes."""
    return (
        bound.value is not None
        and bound.value > 0
        and bound.unit in _UNITS[:2]
        and bound.layer == _DATA
    )


def speaks_of_data(bound: Bound) -> bool:
    """Whether a bound is true of the data, or of a Gaussian source with the data's covariance."""
    return bound.holds_for_data or bound.entries is Entries.GAUSSIAN


def _value(value: float | int | None) -> Quantity:
    return Quantity(ABSENT) if value is None else Quantity(count(value), value)


def _row(bound: Bound) -> tuple[str | Quantity, ...]:
    remark = f"not applicable: {bound.reason}" if bound.value is None else bound.verdict
    name = title_words(bound.name)
    kind, population = kind_words(bound.kind), _population(bound)
    holds = entries_words(bound.entries, bound.kind)
    return name, _value(bound.value), bound.unit, kind, holds, population, remark
