"""The ladder of bounds: from the information bound to the worst case, ours between."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from spikedim.bounds import BoundKind
from spikedim.planning import Plan
from spikedim.report._bounds_tables import is_rung
from spikedim.report._format import TIMES, count, interval
from spikedim.report._rows import Row, draw_rows, leave_room, row_height
from spikedim.report._style import MUTED, SERIES, log_axis, new_figure
from spikedim.report._words import entries_words, title_words

__all__ = ["ladder_alt", "ladder_figure", "ladder_rows"]

_UNITS = {"steps": "T [steps]", "spikes": "spikes per sample"}
_LOOK = {
    BoundKind.LOWER: (SERIES[2], ">", False),
    BoundKind.UPPER: (SERIES[1], "<", False),
    BoundKind.EXACT: (SERIES[4], "D", False),
    BoundKind.PUBLISHED: (MUTED, "s", True),
}


def ladder_rows(plan: Plan) -> dict[str, list[Row]]:
    """Return the rungs of each unit, smallest first: bounds of the data population, and laws."""
    ladder: dict[str, list[Row]] = {unit: [] for unit in _UNITS}
    rungs = [bound for bound in plan.bounds if is_rung(bound)]
    for bound in rungs:
        colour, marker, hollow = _LOOK[bound.kind]
        label = title_words(bound.name).removesuffix(f" {bound.unit}")
        if bound.entries is not None and not bound.holds_for_data:
            label += f", {entries_words(bound.entries).partition(',')[0]}"
        value = bound.value or 0.0
        row = Row(label, count(value), value, value, value, colour, marker, hollow)
        ladder[bound.unit].append(row)
    for law in plan.laws:
        ours = law.law == plan.law
        label = f"law: {law.law}" + " (the answer)" * ours
        if law.steps is not None:
            ladder["steps"].append(_law_row(label, law.steps, law.low, law.high, ours=ours))
        if law.spikes is not None and law.population is not None:
            of = f", {law.population.tokens} {TIMES} {law.population.features}" * (not ours)
            ladder["spikes"].append(
                _law_row(label + of, law.spikes, law.spikes_low, law.spikes_high, ours=ours)
            )
    return {
        unit: sorted(rows, key=lambda row: row.value)
        for unit, rows in ladder.items()
        if len(rows) > 1
    }


def _law_row(
    label: str, value: float | int, low: float | int | None, high: float | int | None, *, ours: bool
) -> Row:
    ends = (value if low is None else low, value if high is None else high)
    text = interval(count(value), *map(count, ends))
    return Row(label, text, value, *ends, SERIES[0], "o", strong=ours)


def ladder_figure(plan: Plan, width: float) -> Figure:
    """Draw every rung on one logarithmic axis per unit.

    Parameters
    ----------
    plan : Plan
        A plan.
    width : float
        Points.

    Returns
    -------
    Figure
        One panel for steps and one for spikes, where there are at least two rungs.
    """
    ladder = ladder_rows(plan)
    lengths = [len(rows) for rows in ladder.values()]
    figure = new_figure(width, row_height(width) * sum(lengths) + 52 * len(lengths))
    leave_room(figure, [row for rows in ladder.values() for row in rows], width=width)
    panels = figure.subplots(len(ladder), 1, squeeze=False, gridspec_kw={"height_ratios": lengths})
    for axes, (unit, rows) in zip(panels[:, 0], ladder.items(), strict=True):
        low, high = _range(rows)
        log_axis(axes, "x", low, high, ticks=4)
        draw_rows(axes, rows, width=width)
        axes.set_xlabel(_UNITS[unit])
    return figure


def _range(rows: Sequence[Row]) -> tuple[float, float]:
    return min(row.low for row in rows) / 1.6, max(row.high for row in rows) * 1.6


def ladder_alt(plan: Plan) -> str:
    """Say what the chart shows."""
    parts = [
        f"{_UNITS[unit]}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
        for unit, rows in ladder_rows(plan).items()
    ]
    return f"Ladder of bounds, smallest first. {'. '.join(parts)}."
