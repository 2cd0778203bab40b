"""Expected accuracy against T."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spikedim.planning import ResponseAnswers
from spikedim.report._format import share
from spikedim.report._response_error_figure import shown_points
from spikedim.report._style import INK, SERIES, log_axis, new_figure, plain_axes

__all__ = [
    "draw_response_accuracy",
    "has_accuracy",
    "response_accuracy_alt",
    "response_accuracy_figure",
]

_LEAST = 10.0  # points that the axis spans at least


def has_accuracy(found: ResponseAnswers) -> bool:
    """Tell whether there is an accuracy to draw."""
    return found.curve.reference_accuracy is not None and any(
        point.accuracy is not None for point in found.points
    )


def response_accuracy_figure(found: ResponseAnswers, width: float) -> Figure:
    """Draw the accuracy against T, `width` points wide."""
    figure = new_figure(width, 340)
    draw_response_accuracy(plain_axes(figure), found, narrow=width < 500)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def draw_response_accuracy(axes: Axes, found: ResponseAnswers, *, narrow: bool) -> None:
    """Draw curve, interval, exact rates, tolerance and measured points."""
    points = [point for point in shown_points(found) if point.accuracy is not None]
    steps = [point.steps for point in points]
    value = [100 * (point.accuracy or 0.0) for point in points]
    low = [100 * (point.accuracy_low or 0.0) for point in points]
    high = [100 * (point.accuracy_high or 0.0) for point in points]
    best = 100 * (found.curve.reference_accuracy or 0.0)
    axes.fill_between(steps, low, high, color=SERIES[0], alpha=0.18, lw=0)
    axes.plot(steps, value, color=SERIES[0], label="predicted", zorder=3)
    axes.axhline(best, color=SERIES[2], ls="--", lw=1.3, label="exact rates")
    axes.axhline(best - 100 * found.tolerance, color=INK, lw=1, ls=(0, (2, 2)))
    seen = [*low, *high, best]
    if found.simulation is not None:
        seen += _draw_measured(axes, found)
    if found.steps_for_accuracy is not None:
        axes.plot(
            [found.steps_for_accuracy], [best - 100 * found.tolerance], "o", ms=7, color=INK,
            zorder=5, label=f"T = {found.steps_for_accuracy:,}",
        )  # fmt: skip
    log_axis(axes, "x", steps[0] / 1.15, steps[-1] * 1.15, ticks=5 if narrow else 9)
    top = min(max(seen) + 2, 101.0)
    axes.set_ylim(max(min(min(seen) - 2, top - _LEAST), -1.0), top)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel("time steps T")
    axes.set_ylabel(f"{_what(found)} [%]")


def _draw_measured(axes: Axes, found: ResponseAnswers) -> list[float]:
    """Draw measured accuracies with Wilson's intervals; return where they lie."""
    rows = [] if found.simulation is None else found.simulation.points
    labelled = found.curve.accuracy_target == "labels"
    seen: list[float] = []
    for number, row in enumerate(rows):
        value = 100 * (row.accuracy if labelled and row.accuracy is not None else row.agreement)
        ends = (value, value)
        if labelled and row.accuracy_interval is not None:
            ends = (100 * row.accuracy_interval.low, 100 * row.accuracy_interval.high)
        axes.errorbar(
            [row.steps], [value], yerr=[[max(0.0, value - ends[0])], [max(0.0, ends[1] - value)]],
            fmt="s", ms=5, capsize=3, color=SERIES[1], zorder=4,
            label=None if number else "measured",
        )  # fmt: skip
        seen += [*ends, value]
    return seen


def _what(found: ResponseAnswers) -> str:
    return "accuracy" if found.curve.accuracy_target == "labels" else "agreement"


def response_accuracy_alt(found: ResponseAnswers) -> str:
    """Say what the chart shows."""
    parts = [
        f"T = {point.steps:,}: {share(point.accuracy)} %"
        for point in found.points
        if point.accuracy is not None
    ]
    best = share(found.curve.reference_accuracy or 0.0)
    return f"Expected {_what(found)} against time steps; exact rates {best} %. {'; '.join(parts)}."
