"""One look for every figure: sizes, type and the Okabe-Ito colours."""

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from spikedim.report._format import approximate, count

__all__ = ["INK", "MUTED", "PAPER", "RULE", "SERIES", "TEXT_SIZE", "axis_number", "log_axis",
           "new_figure", "plain_axes"]  # fmt: skip

INK, MUTED, RULE, PAPER = "#16191d", "#565d66", "#d5d9de", "#ffffff"
# Okabe and Ito's colours in an order that keeps neighbours apart for colour-blind readers.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
TEXT_SIZE = 11.5

# Fixed here, so that neither a user's matplotlibrc nor this package changes the other.
RC = {
    **mpl.rcParamsDefault,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_SIZE,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": TEXT_SIZE,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "legend.fontsize": TEXT_SIZE,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.8,
    "path.simplify": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a file name is a dollar
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": TEXT_SIZE,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": TEXT_SIZE,
}
RC.pop("backend", None)
_POINTS_PER_INCH = 72.0


def new_figure(width: float, height: float | int) -> Figure:
    """Return an empty figure of `width` x `height` points, which are pixels of the page."""
    size = (width / _POINTS_PER_INCH, height / _POINTS_PER_INCH)
    return Figure(figsize=size, dpi=_POINTS_PER_INCH, layout="constrained")


def plain_axes(figure: FigureBase) -> Axes:
    """Add one set of axes with a quiet grid."""
    axes = figure.add_subplot()
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    return axes


def axis_number(value: float | int, _position: int | None = None) -> str:
    """Label a tick: no exponent where a plain number is as short."""
    if value >= 1:
        return count(value, 2).replace(".0 ", " ")
    return approximate(value, 1)


def log_axis(
    axes: Axes, which: str, low: float | int, high: float | int, *, ticks: int = 6
) -> None:
    """Make an axis logarithmic from `low` to `high` with few, round tick labels."""
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    axis = getattr(axes, f"{which}axis")
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        values = LogLocator(subs=steps, numticks=99).tick_values(low, high)
        inside = [float(value) for value in values if low <= value <= high]
        if len(inside) <= ticks:
            break
    while len(inside) > ticks:
        inside = inside[::2]
    axis.set_major_locator(FixedLocator(inside))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(axis_number))
