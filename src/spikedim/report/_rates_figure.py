"""Who fires, and when: a row for each population, a cell for each step."""

from collections.abc import Sequence
from typing import NamedTuple, SupportsFloat, final

from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from spikedim.report._evaluation_words import largest_steps, population_spikes
from spikedim.report._format import approximate, count, shorten
from spikedim.report._style import INK, MUTED, SERIES, axis_number, new_figure
from spikedim.training import Evaluation

__all__ = ["RateRow", "draw_rates", "rate_rows", "rates_alt", "rates_figure", "rates_height"]

_MOST_ROWS, _MOST_CELLS = 40, 16
_ROW = 18  # points
_MARGINS = 100  # points above and below the rows
_LABEL, _SHORT = 26, 18  # characters


@final
class RateRow(NamedTuple):
    """One population, or one module of a large model.

    Parameters
    ----------
    name : str
        Path in the model.
    neurons : float
        How many.
    rates : tuple of float
        Spikes per neuron and step, at every step.
    spikes : float
        Of one sample at the largest T.
    """

    name: str
    neurons: float
    rates: tuple[float, ...]
    spikes: float


def rate_rows(found: Evaluation) -> list[RateRow]:
    """Return a row for each population, those of one module together where there are too many."""
    rows = [
        RateRow(p.name, p.neurons, p.rates, population_spikes(found, p)) for p in found.populations
    ]
    for depth in range(max((row.name.count(".") for row in rows), default=0), 0, -1):
        if len(rows) <= _MOST_ROWS:
            break
        joined: list[RateRow] = []
        for row in rows:
            module = ".".join(row.name.split(".")[:depth])
            if joined and joined[-1].name == module:
                row = _together(joined.pop(), row)
            joined.append(row._replace(name=module))
        rows = joined
    return rows


def _together(a: RateRow, b: RateRow) -> RateRow:
    """Return two populations as one."""
    neurons = a.neurons + b.neurons
    pairs = zip(a.rates, b.rates, strict=True)
    rates = tuple(
        (a.neurons * left + b.neurons * right) / (neurons or 1.0) for left, right in pairs
    )
    return RateRow(a.name, neurons, rates, a.spikes + b.spikes)


def rates_height(found: Evaluation) -> float:
    """Return how many points high the chart is."""
    return float(_ROW * len(rate_rows(found)) + _MARGINS)


def rates_figure(found: Evaluation, width: float) -> Figure:
    """Draw firing rates at every step and spikes per sample, `width` points wide."""
    figure = new_figure(width, rates_height(found))
    draw_rates(figure, found, narrow=width < 500)
    return figure


def draw_rates(figure: FigureBase, found: Evaluation, *, narrow: bool) -> None:
    """Draw rates and spikes on a figure or a part of one."""
    rows = rate_rows(found)
    places = range(len(rows))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1.2))
    highest = max((rate for row in rows for rate in row.rates), default=0.0) or 1.0
    steps = max(len(row.rates) for row in rows)
    if steps > 1:
        _draw_cells(left, rows, steps, highest)
        left.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8, integer=True))
        left.set_xlabel("step")
        shares = [0.0, highest / 3, 2 * highest / 3, highest]
        handles = [
            Patch(facecolor=(SERIES[0], rate / highest), edgecolor=MUTED, label=f"{rate:.2f}")
            for rate in shares
        ]
        figure.legend(
            handles=handles, loc="outside upper left", ncols=2 if narrow else 4,
            title="spikes per neuron and step", alignment="left", handlelength=1.4,
            columnspacing=1.4,
        )  # fmt: skip
    else:
        left.barh(places, [row.rates[0] for row in rows], color=SERIES[0], height=0.72)
        left.set_xlabel("rate" if narrow else "spikes per neuron and step")
        _bar_axis(left, narrow=narrow)
    right.barh(places, [row.spikes for row in rows], color=SERIES[1], height=0.72)
    right.set_xlabel("spikes" if narrow else f"spikes per sample, T = {largest_steps(found):,}")
    _bar_axis(right, narrow=narrow)
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
    names = [shorten(row.name, _SHORT if narrow else _LABEL) for row in rows]
    left.set_yticks(list(places), names, color=INK)
    left.set_ylim(len(rows) - 0.4, -0.6)


def _bar_axis(axes: Axes, *, narrow: bool) -> None:
    """Give bars a quiet grid and few numbers."""
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(2 if narrow else 4))
    axes.xaxis.set_major_formatter(FuncFormatter(_bar_number))


def _bar_number(value: SupportsFloat, position: int | None = None) -> str:
    number = float(value)  # ticks are round: no digit of them is too much
    return axis_number(number, position) if number >= 1 else f"{number:.3g}"


def _draw_cells(axes: Axes, rows: Sequence[RateRow], steps: int, highest: float) -> None:
    """Draw a cell for each population and step, or for a few neighbouring steps."""
    each = -(-steps // _MOST_CELLS)
    for place, row in enumerate(rows):
        for start in range(0, len(row.rates), each):
            part = row.rates[start : start + each]
            axes.add_patch(
                Rectangle(
                    (start + 0.5, place - 0.44), len(part), 0.88, facecolor=SERIES[0], lw=0,
                    alpha=sum(part) / len(part) / highest,
                )
            )  # fmt: skip
    axes.set_xlim(0.5, steps + 0.5)
    axes.spines["left"].set_visible(False)


def rates_alt(found: Evaluation) -> str:
    """Say what the chart shows."""
    parts = []
    for row in rate_rows(found):
        mean = sum(row.rates) / len(row.rates)
        ends = ""
        if len(row.rates) > 1:
            ends = (
                f", {approximate(row.rates[0])} in the first and {approximate(row.rates[-1])} in "
                "the last step"
            )
        parts.append(f"{row.name}: {approximate(mean)}{ends}, {count(round(row.spikes))} spikes")
    return f"Spikes per neuron and step, in the order of the network. {'; '.join(parts)}."
