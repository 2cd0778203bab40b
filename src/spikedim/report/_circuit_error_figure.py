"""Error of a circuit against what was swept: measured points, law, bound, fitted slope."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikedim.circuits import CircuitSweep, SweepPoint
from spikedim.report._format import approximate, shorten
from spikedim.report._style import INK, SERIES, log_axis, new_figure, plain_axes

__all__ = ["a_decade", "circuit_error_alt", "circuit_error_figure", "has_errors", "rms_bars"]

_LAW_LABEL = "RMS error by its law"
_LONGEST = 42  # characters of a label that a telephone has room for
_LAW, _BOUND, _FIT = "--", (0, (4, 2, 1, 2)), (0, (1, 1.5))


def has_errors(sweep: CircuitSweep) -> bool:
    """Say whether there is an error that a logarithmic axis can show."""
    return any(point.rms_error or point.error for point in sweep.points)


def circuit_error_figure(sweep: CircuitSweep, width: float) -> Figure:
    """Draw errors against the swept value on log-log axes.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.
    width : float
        Points.

    Returns
    -------
    Figure
        RMS error with intervals, its law and its fitted slope; worst error and its bound.
    """
    narrow = width < 500
    figure = new_figure(width, 400 if narrow else 430)
    axes = plain_axes(figure)
    values = [*_draw_rms(axes, sweep), *_draw_slope(axes, sweep), *_draw_worst(axes, sweep)]
    places = [point.at for point in sweep.points]
    margin = 1.25 if len(places) > 1 else 2.0
    log_axis(axes, "x", min(places) / margin, max(places) * margin, ticks=4 if narrow else 9)
    log_axis(axes, "y", *a_decade(values), ticks=8)
    axes.set_xlabel(sweep.axis_name)
    axes.set_ylabel("error")
    if not values:
        axes.text(0.5, 0.5, "no error above 0", transform=axes.transAxes, ha="center")
    _legend(figure, axes, ncols=1 if narrow else 2)
    return figure


def _legend(figure: Figure, axes: Axes, *, ncols: int) -> None:
    """Name what was drawn, in the order of drawing."""
    found = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    # Points with bars come last in matplotlib's list, and first in a reader's mind.
    labels = sorted(found, key=lambda label: (not label.startswith("RMS"), label == _LAW_LABEL))
    if labels:
        figure.legend(
            [found[label] for label in labels],
            [shorten(label, _LONGEST) for label in labels],
            loc="outside upper left",
            ncols=ncols,
            handlelength=2.6,
        )


def a_decade(values: Sequence[float]) -> tuple[float, float]:
    """Return ends around `values`, at least a decade apart: what is level must look level."""
    low, high = min(values, default=1.0) / 1.5, max(values, default=1.0) * 1.5
    room = max(1.0, (10 * low / high) ** 0.5)
    return low / room, high * room


def rms_bars(points: Sequence[SweepPoint]) -> list[list[float]]:
    """Return how far the interval of each point reaches down and up."""
    ends = [(p.rms_error or 0.0, p.rms_low, p.rms_high) for p in points]
    return [
        [0.0 if low is None else value - low for value, low, _ in ends],
        [0.0 if high is None else high - value for value, _, high in ends],
    ]


def _draw_rms(axes: Axes, sweep: CircuitSweep) -> list[float]:
    """Draw the RMS error and its law; return the values drawn."""
    points = [point for point in sweep.points if point.rms_error]
    values = [point.rms_error or 0.0 for point in points]
    if points:
        axes.errorbar(
            [point.at for point in points], values, yerr=rms_bars(points), fmt="o", ms=6,
            capsize=3, color=SERIES[0], label=f"RMS {sweep.quantity}", zorder=4,
        )  # fmt: skip
    lows = [point.rms_low for point in points if point.rms_low]
    laws = [(point.at, point.rms_law) for point in sweep.points if point.rms_law]
    if laws:
        axes.plot(
            *zip(*laws, strict=True), color=SERIES[0], ls=_LAW, marker="_" if len(laws) == 1 else
            None, label=_LAW_LABEL,
        )  # fmt: skip
    return [*values, *lows, *(law for _, law in laws)]


def _draw_worst(axes: Axes, sweep: CircuitSweep) -> list[float]:
    """Draw the error that the theorem speaks of, and its bound; return the values drawn."""
    quantity = sweep.theorem.quantity or "largest error"
    worst = [(point.at, point.error) for point in sweep.points if point.error]
    bounds = [(point.at, point.bound) for point in sweep.points if point.bound]
    if worst and bounds:
        axes.plot(
            *zip(*worst, strict=True), color=SERIES[1], ls="none", marker="s", ms=6, mfc="none",
            mew=1.4, label=quantity,
        )  # fmt: skip
    if bounds:
        axes.plot(
            *zip(*bounds, strict=True), color=SERIES[1], ls=_BOUND,
            marker="v" if len(bounds) == 1 else None, label=f"bound of theorem {sweep.theorem.name}"
        )  # fmt: skip
    failed = [(point.at, point.error) for point in sweep.failed if point.error]
    if failed:
        axes.plot(
            *zip(*failed, strict=True), color=INK, ls="none", marker="x", ms=11, mew=2.2,
            label="certificate fails", zorder=6,
        )  # fmt: skip
    shown = [*worst, *bounds] if bounds else failed
    return [value for _, value in shown]


def _draw_slope(axes: Axes, sweep: CircuitSweep) -> list[float]:
    """Draw the fitted line where it was fitted; return its end values."""
    slope = sweep.slope
    used = [] if slope is None else [p for p in sweep.points if p.at >= slope.first and p.rms_error]
    if slope is None or not used:
        return []
    product = 1.0
    for point in used:  # geometric mean of error / at ** slope
        product *= ((point.rms_error or 1.0) / point.at**slope.value) ** (1 / len(used))
    ends = [used[0].at, used[-1].at]
    values = [product * at**slope.value for at in ends]
    value, low, high = (f"{round(x, 2) + 0.0:.2f}" for x in (slope.value, slope.low, slope.high))
    label = f"fitted slope {value} ({low} to {high})"
    axes.plot(ends, values, color=INK, lw=1.4, ls=_FIT, label=label, zorder=3)
    return values


def circuit_error_alt(sweep: CircuitSweep) -> str:
    """Say what the chart shows."""
    first, last = sweep.points[0], sweep.points[-1]
    parts = []
    for name, start, end in (
        (f"RMS {sweep.quantity}", first.rms_error, last.rms_error),
        ("its law", first.rms_law, last.rms_law),
        (sweep.theorem.quantity or "largest error", first.error, last.error),
        (f"bound of theorem {sweep.theorem.name}", first.bound, last.bound),
    ):
        if start is not None and end is not None:
            parts.append(f"{name} from {approximate(start)} to {approximate(end)}")
    slope = sweep.slope
    fit = "" if slope is None else f" Fitted slope {round(slope.value, 2) + 0.0:.2f}."
    listed = "; ".join(parts) or "nothing was measured"
    return (
        f"Error against {sweep.axis_name} from {first.at:,} to {last.at:,} on logarithmic axes: "
        f"{listed}.{fit}"
    )
