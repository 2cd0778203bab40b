"""All charts of an evaluation on one sheet."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from spikedim.report._accuracy_figure import draw_accuracy
from spikedim.report._chart import WIDE
from spikedim.report._format import shorten
from spikedim.report._rates_figure import draw_rates, rates_height
from spikedim.report._style import new_figure, plain_axes
from spikedim.report._training_figure import draw_accuracy_curve
from spikedim.training import Evaluation, LogKind, LogLine

__all__ = ["evaluation_figure"]

_TOP = 330.0  # points


def evaluation_figure(found: Evaluation, log: Sequence[LogLine]) -> Figure:
    """Draw accuracy against T, beside it the training, below both the firing rates."""
    curve = sum(line.kind is LogKind.UPDATE for line in log) > 1
    low = rates_height(found) if found.populations else 0.0
    figure = new_figure(WIDE, _TOP + low)
    name = shorten(f"{found.model} on {found.data}, {found.split}", 80)
    figure.suptitle(name, x=0.01, ha="left", size=12, weight="bold")
    grid = figure.add_gridspec(1 + bool(low), 2, height_ratios=(_TOP, low) if low else (_TOP,))
    left = figure.add_subfigure(grid[0, 0] if curve else grid[0, :])
    draw_accuracy(plain_axes(left), found)
    left.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    if curve:
        right = figure.add_subfigure(grid[0, 1])
        draw_accuracy_curve(plain_axes(right), log)
        right.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    if low:
        draw_rates(figure.add_subfigure(grid[1, :]), found, narrow=False)
    return figure
