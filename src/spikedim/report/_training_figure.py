"""Loss and accuracy over the updates of a training."""

from collections.abc import Sequence
from typing import SupportsFloat

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from spikedim.report._format import approximate, count, share
from spikedim.report._style import SERIES, axis_number, new_figure, plain_axes
from spikedim.training import LogKind, LogLine

__all__ = [
    "accuracy_curve_alt",
    "accuracy_curve_figure",
    "draw_accuracy_curve",
    "loss_curve_alt",
    "loss_curve_figure",
    "smoothed",
    "validations",
]

_MOST = 150  # points of a line
_MANY = 30  # marks that do not run into one another


def smoothed(log: Sequence[LogLine], field: str) -> tuple[list[float], list[float]]:
    """Return updates and means of a field over as many neighbours as leave few enough points."""
    lines = [
        line for line in log if line.kind is LogKind.UPDATE and getattr(line, field) is not None
    ]
    each = -(-len(lines) // _MOST) or 1
    groups = [lines[start : start + each] for start in range(0, len(lines), each)]
    places = [sum(line.update for line in group) / len(group) for group in groups]
    return places, [sum(getattr(line, field) for line in group) / len(group) for group in groups]


def validations(log: Sequence[LogLine]) -> tuple[list[int], list[float]]:
    """Return updates and validation accuracies in per cent."""
    found = [
        (line.update, 100 * line.accuracy)
        for line in log
        if line.kind is LogKind.VALIDATION and line.accuracy is not None
    ]
    return [update for update, _ in found], [accuracy for _, accuracy in found]


def loss_curve_figure(log: Sequence[LogLine], width: float) -> Figure:
    """Draw the training loss over the updates, `width` points wide."""
    figure = new_figure(width, 290)
    axes = plain_axes(figure)
    axes.plot(*smoothed(log, "loss"), color=SERIES[0], label="training")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    _update_axis(axes, log)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def accuracy_curve_figure(log: Sequence[LogLine], width: float) -> Figure:
    """Draw training and validation accuracy over the updates, `width` points wide."""
    figure = new_figure(width, 290)
    draw_accuracy_curve(plain_axes(figure), log)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def draw_accuracy_curve(axes: Axes, log: Sequence[LogLine]) -> None:
    """Draw training and validation accuracy on `axes`."""
    places, values = smoothed(log, "accuracy")
    axes.plot(places, [100 * value for value in values], color=SERIES[0], ls="--", label="training")
    at, seen = validations(log)
    if seen:
        mark = "o" if len(seen) <= _MANY else None
        axes.plot(at, seen, color=SERIES[1], marker=mark, ms=4.5, label="validation")
    axes.set_ylabel("accuracy [%]")
    axes.set_ylim(0, 102)
    _update_axis(axes, log)


def _update_axis(axes: Axes, log: Sequence[LogLine]) -> None:
    """Count the updates along x."""
    axes.set_xlim(0, 1.02 * max((line.update for line in log), default=1))
    axes.set_xlabel("updates")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(_whole))


def _whole(value: SupportsFloat, position: int | None = None) -> str:
    number = float(value)
    return "0" if number == 0 else axis_number(number, position)


def loss_curve_alt(log: Sequence[LogLine]) -> str:
    """Say what the chart shows."""
    places, values = smoothed(log, "loss")
    return (
        f"Training loss over {count(round(places[-1]))} updates: from {approximate(values[0], 3)} "
        f"to {approximate(values[-1], 3)}, lowest {approximate(min(values), 3)}."
    )


def accuracy_curve_alt(log: Sequence[LogLine]) -> str:
    """Say what the chart shows."""
    _, values = smoothed(log, "accuracy")
    parts = [f"training from {share(values[0])} to {share(values[-1])} %"] if values else []
    at, seen = validations(log)
    if seen:
        parts.append(
            f"validation from {seen[0]:.1f} to {seen[-1]:.1f} %, best {max(seen):.1f} % after "
            f"{count(at[seen.index(max(seen))])} updates"
        )
    return f"Accuracy over the updates: {'; '.join(parts)}."
