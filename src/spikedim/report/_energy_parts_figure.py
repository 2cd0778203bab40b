"""Where the energy goes: parts of the spiking net and of its twins under every rule set."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Patch

from spikedim.energy import AuditedEnergy, EnergyAudit, Word
from spikedim.report._energy_audit_rows import (
    energy_of,
    energy_unit,
    ratio_of,
    rule_names,
    subjects,
)
from spikedim.report._format import DOT, approximate, shorten, times
from spikedim.report._style import INK, MUTED, SERIES, TEXT_SIZE, new_figure
from spikedim.report._words import subject_words, title_words

__all__ = ["draw_parts", "energy_parts", "parts_alt", "parts_figure", "parts_height"]

_ROW, _TITLE, _LEGEND = 20.0, 30.0, 20.0  # points
_NUMBER = 112.0  # points right of the longest bar for the longest number
_LABEL = 96.0  # points left of the bars
_MOST_PARTS = 10
_OTHER = "other"
_CHARACTER = 8.0  # points of an average bold letter


def energy_parts(audit: EnergyAudit, rules: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the parts that anything costs, the largest shares first.

    Of very many the smallest are joined as one.
    """
    shares: dict[str, float] = {}
    for _, _, energy in _bars(audit, rules):
        for part, value in energy.breakdown_mj.items():
            if value > 0:
                shares[part] = max(shares.get(part, 0.0), value / energy.value_mj)
    ordered = sorted(shares, key=lambda part: -shares[part])
    if len(ordered) <= _MOST_PARTS:
        return tuple(ordered)
    return (*ordered[: _MOST_PARTS - 1], _OTHER)


def _bars(audit: EnergyAudit, rules: Sequence[str]) -> list[tuple[str, str, AuditedEnergy]]:
    """Return (rule set, subject, energy) of every bar."""
    return [
        (name, subject, energy)
        for name in rule_names(audit, rules)
        for subject in subjects(audit)
        if (energy := energy_of(audit, name, subject)) is not None and energy.value_mj > 0
    ]


def _columns(audit: EnergyAudit, rules: Sequence[str], width: float) -> int:
    return 2 if width >= 500 and len(rule_names(audit, rules)) > 1 else 1


def _most_bars(audit: EnergyAudit, rules: Sequence[str], columns: int) -> list[int]:
    """Return how many bars the fullest panel of every row of panels has."""
    bars = [rules_of for rules_of, _, _ in _bars(audit, rules)]
    each = [max(bars.count(name), 1) for name in rule_names(audit, rules)]
    return [max(each[start : start + columns]) for start in range(0, len(each), columns)]


def _row_height(bars: int) -> float:
    return _ROW * bars + _TITLE


def parts_height(audit: EnergyAudit, width: float, rules: Sequence[str] = ()) -> float:
    """Return how many points high the chart is."""
    rows = _most_bars(audit, rules, _columns(audit, rules, width))
    lines = -(-len(energy_parts(audit, rules)) // _legend_columns(width))
    return sum(map(_row_height, rows)) + _LEGEND * lines + 16


def _legend_columns(width: float) -> int:
    return 4 if width >= 500 else 2


def parts_figure(audit: EnergyAudit, width: float, rules: Sequence[str] = ()) -> Figure:
    """Draw a panel for each rule set, `width` points wide, each on its own axis from 0."""
    figure = new_figure(width, parts_height(audit, width, rules))
    draw_parts(figure, audit, width, rules)
    return figure


def draw_parts(
    figure: FigureBase, audit: EnergyAudit, width: float, rules: Sequence[str] = ()
) -> None:
    """Draw the panels on a figure or a part of one."""
    names, parts = rule_names(audit, rules), energy_parts(audit, rules)
    columns = _columns(audit, rules, width)
    rows = _most_bars(audit, names, columns)
    heights = [_row_height(bars) for bars in rows]
    panels = figure.subplots(len(rows), columns, squeeze=False, height_ratios=heights)
    for place, axes in enumerate(panels.flat):
        if place >= len(names):
            axes.set_axis_off()
            continue
        _draw_panel(axes, audit, names[place], parts, room=width / columns - _LABEL)
        axes.set_ylim(rows[place // columns] - 0.45, -0.55)
    handles = [
        Patch(
            label=shorten(title_words(part), 20 if width >= 500 else 14), facecolor=_colour(place)
        )
        for place, part in enumerate(parts)
    ]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=_legend_columns(width), handlelength=1.2,
        columnspacing=1.2,
    )  # fmt: skip


def _colour(place: int) -> tuple[str, float]:
    """Return colour and strength of a part: five colours, then the same lighter."""
    return SERIES[place % len(SERIES)], 1.0 if place < len(SERIES) else 0.45


def _draw_panel(
    axes: Axes, audit: EnergyAudit, rules: str, parts: Sequence[str], *, room: float
) -> None:
    bars = [(subject, energy) for _, subject, energy in _bars(audit, (rules,))]
    unit = energy_unit(energy.value_mj for _, energy in bars)
    longest = max((energy.high_mj for _, energy in bars), default=1.0)
    for level, (subject, energy) in enumerate(bars):
        left = 0.0
        for place, part in enumerate(parts):
            value = _value(energy, part, parts)
            if not value:
                continue
            axes.barh(level, value, left=left, height=0.7, color=_colour(place))
            left += value
        if energy.high_mj > energy.low_mj:
            ends = [energy.low_mj, energy.high_mj]
            axes.plot(ends, [level, level], color=MUTED, lw=1.1, marker="|", ms=6)
        text = f"{approximate(energy.value_mj * unit.per_mj)} {unit.name}"
        ratio = ratio_of(audit, rules, subject, word=Word.FP32)
        if ratio is not None:
            text += f" {DOT} {times(ratio.value)}"
        gap = 0.03 * longest
        axes.text(
            max(energy.high_mj, left) + gap, level, text, va="center", size=TEXT_SIZE, color=INK,
            weight="bold" if subject == "snn" else "normal",
        )  # fmt: skip
    axes.set_xlim(0, longest / max(1 - _NUMBER / max(room, 1.0), 0.3))
    axes.set_yticks(range(len(bars)), [subject_words(s) for s, _ in bars], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    title = shorten(rules, int(room / _CHARACTER))
    axes.set_title(title, loc="left", size=TEXT_SIZE + 1, weight="bold", color=INK)


def _value(energy: AuditedEnergy, part: str, parts: Sequence[str]) -> float:
    """Return the millijoule of a part, of the last one those that have no name of their own."""
    if part != _OTHER or part in energy.breakdown_mj:
        return max(energy.breakdown_mj.get(part, 0.0), 0.0)
    return sum(max(value, 0.0) for name, value in energy.breakdown_mj.items() if name not in parts)


def parts_alt(audit: EnergyAudit, rules: Sequence[str] = ()) -> str:
    """Say what the chart shows."""
    said = []
    for name, subject, energy in _bars(audit, rules):
        unit = energy_unit([energy.value_mj])
        inside = ", ".join(
            f"{title_words(part)} {approximate(100 * value / energy.value_mj)} %"
            for part, value in sorted(energy.breakdown_mj.items(), key=lambda pair: -pair[1])
            if value > 0
        )
        spent = f"{approximate(energy.value_mj * unit.per_mj)} {unit.name}"
        said.append(f"{name}, {subject_words(subject)}: {spent} ({inside})")
    return f"Energy of one inference by part. {'; '.join(said)}."
