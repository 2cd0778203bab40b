"""Accuracy against T, or against what it costs in spikes."""

from collections.abc import Sequence
from typing import SupportsFloat

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from spikedim.report._evaluation_words import learnt_at, steps_name, swept
from spikedim.report._format import count, share
from spikedim.report._style import INK, MUTED, SERIES, axis_number, log_axis, new_figure, plain_axes
from spikedim.training import EvaluatedSteps, Evaluation

__all__ = [
    "accuracy_alt",
    "accuracy_figure",
    "cost_alt",
    "cost_figure",
    "draw_accuracy",
    "with_cost",
]

_LEAST = 10.0  # points that the axis spans at least: what is level must look level
_NAMES = 0.1  # of the height, for what stands below points
_MOST_TICKS = 8


def accuracy_figure(found: Evaluation, width: float) -> Figure:
    """Draw the accuracy against T, `width` points wide."""
    figure = new_figure(width, 320)
    draw_accuracy(plain_axes(figure), found)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def draw_accuracy(axes: Axes, found: Evaluation) -> None:
    """Draw the accuracy with its intervals against T, and that of exact rates as a level."""
    points = swept(found)
    places = [point.steps or 1 for point in points]
    if points:
        _draw_points(axes, places, points)
    for point in found.points:
        if point.steps is None:
            axes.axhspan(*_ends(point), color=SERIES[1], alpha=0.18, lw=0)
            axes.axhline(100 * point.accuracy, color=SERIES[1], ls="--", label="exact rates")
    trained = learnt_at(found)
    if trained is not None:
        label = "noise in training" if found.trained_code_steps else "T in training"
        axes.axvline(trained, color=MUTED, lw=1.2, ls=":", label=label)
        places.append(trained)
    span = (min(places, default=1), max(places, default=1))
    log_axis(axes, "x", span[0] / 1.3, span[1] * 1.3)
    kept = sorted({point.steps or 1 for point in points})
    kept = kept[:: -(-len(kept) // _MOST_TICKS)] if kept else [1]
    axes.xaxis.set_major_locator(FixedLocator(kept))
    axes.xaxis.set_major_formatter(FuncFormatter(_whole))
    axes.set_xlabel("time steps T")
    _accuracy_axis(axes, found.points)


def _whole(value: SupportsFloat, _position: int | None = None) -> str:
    return count(round(float(value)))


def _draw_points(
    axes: Axes, places: Sequence[float | int], points: Sequence[EvaluatedSteps]
) -> None:
    """Draw accuracies with the intervals that they have."""
    values = [100 * point.accuracy for point in points]
    ends = [_ends(point) for point in points]
    down = [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)]
    up = [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)]
    axes.errorbar(
        places, values, yerr=[down, up], fmt="o-", ms=6, lw=1.4, capsize=3, color=SERIES[0],
        label="measured", zorder=4,
    )  # fmt: skip


def _ends(point: EvaluatedSteps) -> tuple[float, float]:
    return 100 * point.accuracy_interval.low, 100 * point.accuracy_interval.high


def _accuracy_axis(axes: Axes, points: Sequence[EvaluatedSteps]) -> None:
    """Span what was measured, ten points at least, and nothing outside 0 to 100 %."""
    low = min(_ends(point)[0] for point in points) - 2
    high = max(_ends(point)[1] for point in points) + 2
    lack = max(0.0, _LEAST - (high - low)) / 2
    high = min(high + lack, 101.0)
    axes.set_ylim(max(min(low - lack, high - _LEAST), -1.0), high)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylabel("accuracy [%]")


def with_cost(found: Evaluation) -> list[EvaluatedSteps]:
    """Return the points whose spikes were counted and are above 0."""
    return [point for point in found.points if point.spikes_per_sample]


def cost_figure(found: Evaluation, width: float) -> Figure:
    """Draw the accuracy against the spikes of one sample, `width` points wide."""
    points = [point for point in with_cost(found) if not point.allocation]
    figure = new_figure(width, 320)
    axes = plain_axes(figure)
    costs = [point.spikes_per_sample or 1.0 for point in points]
    _draw_points(axes, costs, points)
    span = (min(costs), max(costs))
    for point in with_cost(found):
        if point.allocation:
            cost = point.spikes_per_sample or 1.0
            axes.plot(
                cost, 100 * point.accuracy, "D", ms=8, color=SERIES[1], label=steps_name(point),
                zorder=5,
            )  # fmt: skip
            span = (min(span[0], cost), max(span[1], cost))
    for point, cost in {points[0]: costs[0], points[-1]: costs[-1]}.items():
        axes.annotate(
            steps_name(point), (cost, _ends(point)[0]), (0, -4), textcoords="offset points",
            ha="center", va="top", color=INK,
        )  # fmt: skip
    log_axis(axes, "x", span[0] / 1.6, span[1] * 1.6, ticks=4)
    axes.xaxis.set_major_formatter(FuncFormatter(axis_number))
    axes.set_xlabel("spikes of the whole network per sample")
    _accuracy_axis(axes, with_cost(found))
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - _NAMES * (top - bottom), top)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def accuracy_alt(found: Evaluation) -> str:
    """Say what the chart shows."""
    parts = [
        f"{steps_name(point)}: {share(point.accuracy)} % (95 % interval "
        f"{share(point.accuracy_interval.low)} to {share(point.accuracy_interval.high)})"
        for point in found.points
    ]
    return f"Accuracy against time steps. {'; '.join(parts)}."


def cost_alt(found: Evaluation) -> str:
    """Say what the chart shows."""
    parts = [
        f"{share(point.accuracy)} % with {count(round(point.spikes_per_sample or 0.0))} spikes at "
        f"{steps_name(point)}"
        for point in with_cost(found)
    ]
    return f"Accuracy against spikes per sample: {'; '.join(parts)}."
