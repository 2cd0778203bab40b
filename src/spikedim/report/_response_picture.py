"""All charts of a response on one sheet."""

from matplotlib.figure import Figure

from spikedim.planning import ResponseAnswers
from spikedim.report._chart import WIDE
from spikedim.report._format import shorten
from spikedim.report._layer_bars import draw_layer_bars, layer_bars_height
from spikedim.report._response_accuracy_figure import draw_response_accuracy, has_accuracy
from spikedim.report._response_error_figure import draw_response_error
from spikedim.report._response_shares_figure import SHARE_TITLES, share_bars
from spikedim.report._style import new_figure, plain_axes

__all__ = ["response_figure"]

_TOP, _TITLE = 370.0, 26.0  # points


def response_figure(found: ResponseAnswers) -> Figure:
    """Draw error and accuracy against T side by side, below them the shares of K."""
    both = has_accuracy(found)
    bars = share_bars(found)
    low = layer_bars_height(bars)
    figure = new_figure(WIDE, _TITLE + _TOP + low)
    name = f"{found.curve.model} on {found.data}, {found.split}: response to spike noise"
    figure.suptitle(shorten(name, 80), x=0.01, ha="left", size=12, weight="bold")
    grid = figure.add_gridspec(2, 2, height_ratios=(_TOP, low))
    left = figure.add_subfigure(grid[0, 0] if both else grid[0, :])
    draw_response_error(plain_axes(left), found, narrow=both)
    left.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    if both:
        right = figure.add_subfigure(grid[0, 1])
        draw_response_accuracy(plain_axes(right), found, narrow=True)
        right.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    draw_layer_bars(figure.add_subfigure(grid[1, :]), bars, SHARE_TITLES, narrow=False)
    return figure
