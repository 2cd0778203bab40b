"""Energy of the spiking net and its twins under every rule set."""

from matplotlib.figure import Figure

from spikedim.planning import Plan
from spikedim.report._format import DOT, approximate, interval, shorten, times
from spikedim.report._rows import Row, draw_rows, leave_room, row_height
from spikedim.report._style import INK, SERIES, TEXT_SIZE, log_axis, new_figure
from spikedim.report._words import subject_words

__all__ = ["energy_alt", "energy_figure", "energy_rows"]


def energy_rows(plan: Plan) -> dict[str, list[Row]]:
    """Return the rows of each rule set: the spiking net, then its twins with their ratios."""
    spiking = {entry.rules: entry.value_mj for entry in plan.energy if entry.subject == "snn"}
    groups: dict[str, list[Row]] = {}
    for entry in plan.energy:
        if entry.value_mj <= 0:
            continue
        text = f"{_band(entry.value_mj, entry.low_mj, entry.high_mj)} mJ"
        ours = entry.subject == "snn"
        reference = spiking.get(entry.rules)
        if not ours and reference:
            text += f" {DOT} {times(entry.value_mj / reference)}"
        row = Row(
            subject_words(entry.subject),
            text,
            entry.value_mj,
            max(entry.low_mj, 1e-3 * entry.value_mj),
            entry.high_mj,
            SERIES[0] if ours else SERIES[1] if entry.subject == "ann_fp32" else SERIES[2],
            "o" if ours else "s" if entry.subject == "ann_fp32" else "D",
            strong=ours,
        )
        groups.setdefault(entry.rules, []).append(row)
    return groups


def _band(value: float, low: float, high: float) -> str:
    return interval(approximate(value), approximate(low), approximate(high))


def energy_figure(plan: Plan, width: float) -> Figure:
    """Draw energies with bands on one logarithmic axis, the ratio written at the row.

    Parameters
    ----------
    plan : Plan
        A plan with energies.
    width : float
        Points.

    Returns
    -------
    Figure
        One panel per rule set, all on the same axis.
    """
    groups = energy_rows(plan)
    lengths = [len(rows) for rows in groups.values()]
    figure = new_figure(width, row_height(width) * sum(lengths) + 28 * len(lengths) + 44)
    every = [row for rows in groups.values() for row in rows]
    leave_room(figure, every, width=width)
    panels = figure.subplots(
        len(groups), 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": lengths}
    )
    low, high = min(row.low for row in every) / 1.4, max(row.high for row in every) * 1.4
    for axes, (rules, rows) in zip(panels[:, 0], groups.items(), strict=True):
        log_axis(axes, "x", low, high, ticks=4 if width < 500 else 7)
        draw_rows(axes, rows, width=width)
        axes.set_title(shorten(rules, 34), loc="left", size=TEXT_SIZE + 1, weight="bold", color=INK)
        axes.label_outer()
    panels[-1, 0].set_xlabel("energy [mJ per sample]")
    return figure


def energy_alt(plan: Plan) -> str:
    """Say what the chart shows."""
    parts = [
        f"{rules}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
        for rules, rows in energy_rows(plan).items()
    ]
    listed = ". ".join(parts)
    return f"Energy per sample. {listed}. A ratio is the twin over the spiking net."
