"""What changes save: predictions beside measurements, with their intervals."""

from matplotlib.figure import Figure, FigureBase

from spikedim._core import Interval
from spikedim.planning import Advice
from spikedim.report._advice_words import gain_words
from spikedim.report._chart import WIDE
from spikedim.report._format import shorten
from spikedim.report._rows import Row, draw_rows, leave_room, row_height
from spikedim.report._style import MUTED, SERIES, new_figure, plain_axes

__all__ = ["advice_alt", "advice_figure", "advice_sheet"]

_AXIS = 60.0  # points below the rows
_LABEL = 26  # characters beside a number, on a telephone


def _rows(advice: Advice) -> list[Row]:
    """Return a row for every prediction, and one for its measurement."""
    rows = []
    for each in advice.changes:
        found: list[tuple[str, float | None, Interval | None, int]] = [
            (shorten(each.name, _LABEL), each.predicted_gain, each.predicted_interval, 0),
            ("measured", each.measured_gain, each.measured_interval, 1),
        ]
        for label, value, ends, place in found:
            if value is None or ends is None:
                continue
            rows.append(
                Row(
                    label,
                    f"{gain_words(value, ends.low, ends.high)} %",
                    100 * value,
                    100 * ends.low,
                    100 * ends.high,
                    SERIES[place],
                    "os"[place],
                    hollow=place == 0,
                    strong=place == 0,
                )
            )
    return rows


def advice_figure(advice: Advice, width: float) -> Figure:
    """Draw gains on one axis of per cent.

    Parameters
    ----------
    advice : Advice
        With at least one change.
    width : float
        Points.

    Returns
    -------
    Figure
        Hollow circles are predictions, squares measurements; bands are 95 % intervals.
    """
    rows = _rows(advice)
    figure = new_figure(width, row_height(width) * len(rows) + _AXIS)
    leave_room(figure, rows, width=width)
    _draw(figure, rows, width)
    return figure


def _draw(figure: FigureBase, rows: list[Row], width: float) -> None:
    axes = plain_axes(figure)
    least = min(min(row.low for row in rows), 0.0)
    axes.set_xlim(least - 4, 104)
    axes.axvline(0, color=MUTED, lw=1)
    draw_rows(axes, rows, width=width)
    axes.set_xlabel("saved [%]")


def advice_alt(advice: Advice) -> str:
    """Say what the chart shows."""
    parts = []
    for each in advice.changes:
        said = f"{each.name}, {each.quantity}: predicted {100 * each.predicted_gain:.0f} %"
        if each.measured_gain is not None:
            said += f", measured {100 * each.measured_gain:.0f} %"
        parts.append(said)
    return f"Share that each change saves. {'. '.join(parts)}."


def advice_sheet(advice: Advice) -> Figure:
    """Draw the same with a title, for a picture of its own."""
    rows = _rows(advice)
    figure = new_figure(WIDE, row_height(WIDE) * max(len(rows), 1) + _AXIS + 26)
    name = f"{advice.run} on {advice.data}, {advice.split}: what changes save"
    figure.suptitle(shorten(name, 80), x=0.01, ha="left", size=12, weight="bold")
    if rows:
        leave_room(figure, rows, width=WIDE)
        _draw(figure, rows, WIDE)
    return figure
