"""Rows of a chart that fit any width: the label above its mark, the number at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from matplotlib.axes import Axes

from spikedim.report._format import shorten
from spikedim.report._style import INK, MUTED, TEXT_SIZE

__all__ = ["ROW_HEIGHT", "Row", "draw_rows"]

ROW_HEIGHT = 36.0  # points
_CHARACTER = 6.7  # points of an average letter


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


def draw_rows(axes: Axes, rows: Sequence[Row], *, width: float) -> None:
    """Draw `rows` from the top down on an axis that the caller has scaled."""
    for place, row in enumerate(rows):
        level = -place - 0.24
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
        room = max(int(width / _CHARACTER) - len(row.text) - 3, 8)
        weight = "bold" if row.strong else "normal"
        for x, text, side in ((0.0, shorten(row.label, room), "left"), (1.0, row.text, "right")):
            axes.text(x, -place + 0.08, text, transform=axes.get_yaxis_transform(), ha=side,
                      va="bottom", size=TEXT_SIZE, color=INK, weight=weight)  # fmt: skip
    axes.set_ylim(-len(rows) + 0.35, 0.62)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
