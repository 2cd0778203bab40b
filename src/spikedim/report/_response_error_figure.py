"""Error of the outputs against T: the curve, its asymptote, what was measured."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikedim.planning import ResponseAnswers
from spikedim.report._response_words import error_text
from spikedim.report._style import INK, MUTED, SERIES, log_axis, new_figure, plain_axes
from spikedim.report._words import epsilon_axis
from spikedim.response import CurvePoint

__all__ = ["draw_response_error", "response_error_alt", "response_error_figure", "shown_points"]

_BEYOND = 1.15  # of the largest T asked for


def shown_points(found: ResponseAnswers) -> list[CurvePoint]:
    """Return the points of the curve from T = 1 to the largest T asked for or answered."""
    asked = [point.steps for point in found.points]
    last = max(*asked, found.steps_for_error, found.steps_for_accuracy or 1, 16)
    inside = [point for point in found.curve.points if point.steps <= last]
    known = {point.steps for point in inside}
    extra = [point for point in found.points if point.steps not in known]
    return sorted((*inside, *extra), key=lambda point: point.steps)


def response_error_figure(found: ResponseAnswers, width: float) -> Figure:
    """Draw the error against T on log-log axes, `width` points wide."""
    figure = new_figure(width, 360)
    draw_response_error(plain_axes(figure), found, narrow=width < 500)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def draw_response_error(axes: Axes, found: ResponseAnswers, *, narrow: bool) -> None:
    """Draw curve, interval, asymptote, calibration, measured points and the target."""
    points = shown_points(found)
    steps = [point.steps for point in points]
    curve = found.curve
    ends = [[found.error_of(e) for e in (p.low, p.squared_error, p.high)] for p in points]
    low, value, high = zip(*ends, strict=True)
    axes.fill_between(steps, low, high, color=SERIES[0], alpha=0.18, lw=0)
    axes.plot(steps, value, color=SERIES[0], label="predicted", zorder=3)
    least = [*low, *value, *high, found.epsilon.value]
    if found.trace.value > 0:
        power = curve.exponent
        asymptote = [found.error_of(found.trace.value / t**power) for t in steps]
        label = "K / T" if power == 1 else f"K / T^{power}"
        axes.plot(steps, asymptote, color=MUTED, ls="--", lw=1.3, label=label)
        least += asymptote
    _draw_seen(axes, found, least)
    axes.axhline(found.epsilon.value, color=INK, lw=1, ls=(0, (2, 2)))
    axes.plot(
        [found.steps_for_error], [found.epsilon.value], "o", ms=7, color=INK, zorder=5,
        label=f"T = {found.steps_for_error:,}",
    )  # fmt: skip
    log_axis(axes, "x", steps[0] / 1.15, steps[-1] * _BEYOND, ticks=5 if narrow else 9)
    log_axis(axes, "y", min(least) / 1.2, max(least) * 1.2, ticks=6)
    axes.set_xlabel("time steps T")
    axes.set_ylabel("error ε" if narrow else epsilon_axis(found.epsilon.kind).split(" (")[0])


def _draw_seen(axes: Axes, found: ResponseAnswers, least: list[float]) -> None:
    """Draw what was simulated, with its 95 % interval."""
    if found.simulation is not None:
        rows = [point for point in found.simulation.points if point.squared_error > 0]
        values = [found.error_of(point.squared_error) for point in rows]
        # On the log axis, where a bar of a skewed error does not leave the chart.
        grown = [math.exp(1.96 * p.squared_error_deviation / p.squared_error) for p in rows]
        pairs = list(zip(rows, grown, values, strict=True))
        down = [value - found.error_of(p.squared_error / by) for p, by, value in pairs]
        up = [found.error_of(p.squared_error * by) - value for p, by, value in pairs]
        axes.errorbar(
            [point.steps for point in rows], values, yerr=[down, up], fmt="s", ms=5, capsize=3,
            color=SERIES[1], label="measured", zorder=4,
        )  # fmt: skip
        least += values
        return
    if found.curve.calibration_steps:
        values = [found.error_of(error) for error in found.curve.calibration_errors]
        axes.plot(
            found.curve.calibration_steps, values, "s", ms=5, color=SERIES[1],
            label="calibration", zorder=4,
        )  # fmt: skip
        least += values


def response_error_alt(found: ResponseAnswers) -> str:
    """Say what the chart shows."""
    parts = [
        f"T = {point.steps:,}: {error_text(found, point.squared_error)}"
        + (
            ""
            if found.simulation is None
            else f" (measured {error_text(found, found.simulation.at(point.steps).squared_error)})"
        )
        for point in found.points
    ]
    return (
        f"Error of the outputs against time steps on logarithmic axes. {'; '.join(parts)}. "
        f"T = {found.steps_for_error:,} meets {found.epsilon}."
    )
