"""The bounds of a plan as tables: all of them, or the rungs between which the answer lies."""

import math
from collections.abc import Sequence

from spikedim.bounds import Bound, BoundKind
from spikedim.planning import Plan
from spikedim.report._format import ABSENT, count
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._words import kind_words, title_words

__all__ = ["bounds_table", "bounds_tables", "is_rung", "rungs_table"]

_COLUMNS = (
    Column("bound"),
    Column("value", numeric=True),
    Column("unit"),
    Column("kind"),
    Column("population"),
    Column("remark"),
)
_UNITS = ("steps", "spikes", "bits")
_HEADS = {"steps": "T", "spikes": "N", "bits": "B"}
_DATA = "data"


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
    of_data = [bound for bound in applicable if _of_data(bound)]
    of_model = [bound for bound in applicable if not _of_data(bound)]
    verdicts = {title_words(bound.name): bound.verdict for bound in plan.bounds if bound.verdict}
    reasons: dict[str, list[str]] = {}
    for bound in plan.bounds:
        if bound.value is None:
            reasons.setdefault(bound.reason, []).append(title_words(bound.name))
    tables = (
        _rungs("Bounds for the data population", of_data, units=_UNITS),
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
    """List the bounds on steps and spikes of the data population, fewest steps first.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    Table
        One row per code or theorem, its steps and its spikes side by side.
    """
    rungs = [bound for bound in plan.bounds if is_rung(bound)]
    return _rungs("Bounds for the data population", rungs, units=_UNITS[:2])


def _rungs(title: str, bounds: Sequence[Bound], *, units: Sequence[str]) -> Table:
    """Put the units of one theorem about one population side by side."""
    rows: dict[tuple[str, str, BoundKind], dict[str, float]] = {}
    for bound in bounds:
        if bound.unit in units and bound.value is not None:
            name = title_words(bound.name).removesuffix(f" {bound.unit}")
            population = bound.population.removeprefix(f"{_DATA}: ")
            rows.setdefault((name, population, bound.kind), {})[bound.unit] = bound.value
    ordered = sorted(
        rows.items(),
        key=lambda item: [item[1].get(unit, math.inf) for unit in units],
    )
    columns = (
        Column("bound"),
        *(Column(_HEADS[unit], unit, numeric=True) for unit in units),
        Column("kind"),
        Column("population"),
    )
    return Table(
        title,
        columns,
        tuple(
            (name, *(_value(found.get(unit)) for unit in units), kind_words(kind), population)
            for (name, population, kind), found in ordered
        ),
    )


def is_rung(bound: Bound) -> bool:
    """Whether a bound is a rung of the ladder: it applies, to the data, in steps or spikes."""
    return (
        bound.value is not None and bound.value > 0 and bound.unit in _UNITS[:2] and _of_data(bound)
    )


def _of_data(bound: Bound) -> bool:
    return bound.population.startswith(_DATA) or f"{_DATA} population" in bound.population


def _value(value: float | int | None) -> Quantity:
    return Quantity(ABSENT) if value is None else Quantity(count(value), value)


def _row(bound: Bound) -> tuple[str | Quantity, ...]:
    remark = f"not applicable: {bound.reason}" if bound.value is None else bound.verdict
    name = title_words(bound.name)
    return name, _value(bound.value), bound.unit, kind_words(bound.kind), bound.population, remark
