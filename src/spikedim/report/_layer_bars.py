"""Two rows of bars aligned on the names of layers."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, MaxNLocator

from spikedim.report._format import shorten
from spikedim.report._style import INK, SERIES, axis_number, new_figure

__all__ = [
    "LayerBar",
    "draw_layer_bars",
    "fold_layers",
    "join_layers",
    "layer_bars",
    "layer_bars_height",
]

LayerBar = tuple[str, float, float]
"""Name of a layer, length of its left bar, length of its right bar."""

_MOST_LAYERS = 48
_LABEL = 30  # characters


def fold_layers(rows: list[LayerBar]) -> list[LayerBar]:
    """Keep the layers whose right bars are largest, in order, and sum the others into one row."""
    if len(rows) <= _MOST_LAYERS:
        return rows
    least = sorted((row[2] for row in rows), reverse=True)[_MOST_LAYERS - 2]
    kept = [row for row in rows if row[2] >= least][: _MOST_LAYERS - 1]
    others = [row for row in rows if row not in kept]
    summed = (f"{len(others)} others", sum(r[1] for r in others), sum(r[2] for r in others))
    return [*kept, summed]


def join_layers(rows: list[LayerBar]) -> list[LayerBar]:
    """Sum neighbours of one module, deeper modules first, until there are few enough bars."""
    for depth in range(max((row[0].count(".") for row in rows), default=0), 0, -1):
        if len(rows) <= _MOST_LAYERS:
            break
        joined: list[LayerBar] = []
        for name, first, second in rows:
            module = ".".join(name.split(".")[:depth])
            if joined and joined[-1][0] == module:
                _, before, behind = joined.pop()
                first, second = before + first, behind + second
            joined.append((module, first, second))
        rows = joined
    return rows


def layer_bars(rows: list[LayerBar], titles: tuple[str, str], width: float) -> Figure:
    """Draw bars aligned on the layer names, `width` points wide."""
    figure = new_figure(width, layer_bars_height(rows))
    draw_layer_bars(figure, rows, titles, narrow=width < 500)
    return figure


def layer_bars_height(rows: list[LayerBar]) -> float:
    """Return how many points high the chart is."""
    return 17.0 * len(rows) + 70.0


def draw_layer_bars(
    figure: FigureBase, rows: list[LayerBar], titles: tuple[str, str], *, narrow: bool
) -> tuple[Axes, Axes]:
    """Draw the bars on a figure or a part of one; return both columns."""
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(rows))
    for axes, column, colour, title in (
        (left, 1, SERIES[0], titles[0]),
        (right, 2, SERIES[1], titles[1]),
    ):
        axes.barh(places, [row[column] for row in rows], color=colour, height=0.72)
        axes.set_xlabel(title)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(2 if narrow else 5))
        axes.xaxis.set_major_formatter(FuncFormatter(axis_number))
        axes.tick_params(axis="y", length=0)
    left.set_yticks(
        list(places),
        [shorten(row[0], 14 if narrow else _LABEL) for row in rows],
        color=INK,
    )
    left.set_ylim(len(rows) - 0.4, -0.6)
    return left, right
