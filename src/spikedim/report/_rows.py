"""Rows of a chart that fit any width: label, mark with its band, number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import blended_transform_factory

from spikedim.report._format import shorten
from spikedim.report._style import INK, MUTED, TEXT_SIZE

__all__ = ["Row", "draw_rows", "leave_room", "row_height"]

_STACKED_BELOW = 500.0  # points of width: label and number go above the mark
_CHARACTER = 6.7  # points of an average letter
_MOST_LABEL, _LEAST_AXIS, _MARGIN = 0.42, 0.25, 0.008  # shares of the width


@final
@dataclass(frozen=True)
class Row:
    """One row.

    Parameters
    ----------
    label, text : str
        What it is (left) and its value (right).
    value, low, high : float
        Where the mark and its band lie.
    colour : str
        Colour of the mark.
    marker : str
        Matplotlib marker.
    hollow : bool
        Published values are hollow.
    strong : bool
        Whether this is the answer.
    """

    label: str
    text: str
    value: float | int
    low: float | int
    high: float | int
    colour: str
    marker: str = "o"
    hollow: bool = False
    strong: bool = False


def row_height(width: float) -> float:
    """Return the height of a row in points: two lines on a narrow chart, one on a wide one."""
    return 36.0 if width < _STACKED_BELOW else 21.0


def leave_room(figure: Figure, rows: Sequence[Row], *, width: float) -> None:
    """Keep the sides of a wide chart free for the labels and numbers of all its rows."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine) and width >= _STACKED_BELOW:
        label = min(_share((row.label for row in rows), width), _MOST_LABEL)
        number = _share((row.text for row in rows), width)
        engine.set(rect=(label, 0, max(1 - label - number, _LEAST_AXIS), 1))


def _share(texts: Iterable[str], width: float) -> float:
    """Share of the width that the longest of `texts` takes, with a gap."""
    return (max(map(len, texts), default=0) + 2) * _CHARACTER / width


def draw_rows(axes: Axes, rows: Sequence[Row], *, width: float) -> None:
    """Draw `rows` from the top down on an axis that the caller has scaled."""
    stacked = width < _STACKED_BELOW
    for place, row in enumerate(rows):
        level = -place - (0.24 if stacked else 0.0)
        axes.axhline(level, color=MUTED, lw=0.4, alpha=0.5, zorder=0)
        if row.high > row.low:
            axes.plot([row.low, row.high], [level, level], color=row.colour, lw=7, alpha=0.3,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot(
            [row.value],
            [level],
            marker=row.marker,
            ms=9 if row.strong else 7,
            color=row.colour,
            mfc="none" if row.hollow else row.colour,
            mew=1.6,
            ls="none",
        )
        _write(axes, row, place, width=width, stacked=stacked)
    axes.set_ylim(-len(rows) + (0.35 if stacked else 0.4), 0.62)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)


def _write(axes: Axes, row: Row, place: int, *, width: float, stacked: bool) -> None:
    """Write label and number: above the mark, or to the left and right of the axis."""
    share = 1.0 if stacked else _MOST_LABEL
    room = int(share * width / _CHARACTER) - (len(row.text) + 3 if stacked else 0)
    label = shorten(row.label, max(room, 8))
    figure = axes.get_figure(root=True)
    if figure is None:  # pragma: no cover - axes of a figure always have one
        return
    # Across the figure, not the axes: the numbers of all panels stand in one column.
    across = blended_transform_factory(figure.transFigure, axes.transData)
    level = place - 0.08 if stacked else place
    for x, text, side in ((_MARGIN, label, "left"), (1 - _MARGIN, row.text, "right")):
        axes.text(
            x,
            -level,
            text,
            transform=across,
            in_layout=False,
            ha=side,
            va="bottom" if stacked else "center",
            size=TEXT_SIZE,
            color=INK,
            weight="bold" if row.strong else "normal",
        )
