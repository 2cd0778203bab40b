"""Spikes of each row against the entropy of that row."""

from matplotlib.figure import Figure

from spikedim.circuits import CircuitSweep, SweepPoint
from spikedim.report._format import approximate, count
from spikedim.report._style import SERIES, log_axis, new_figure, plain_axes

__all__ = ["circuit_rows_alt", "circuit_rows_figure", "row_points"]

_MOST = 3  # values of T shown
_MARKERS = ("o", "s", "^")


def row_points(sweep: CircuitSweep) -> list[SweepPoint]:
    """Return the first, the middle and the last point that keep rows."""
    found = [point for point in sweep.points if any(row.spikes for row in point.rows)]
    if len(found) <= _MOST:
        return found
    return [found[0], found[len(found) // 2], found[-1]]


def circuit_rows_figure(sweep: CircuitSweep, width: float) -> Figure:
    """Draw the spikes of single rows against their entropy.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep of a circuit with rows.
    width : float
        Points.

    Returns
    -------
    Figure
        One kind of marker for each of up to three values of T.
    """
    figure = new_figure(width, 320)
    axes = plain_axes(figure)
    every: list[int] = []
    for number, point in enumerate(row_points(sweep)):
        rows = [row for row in point.rows if row.spikes]
        spikes = [row.spikes for row in rows]
        every += spikes
        axes.plot(
            [row.entropy_bits for row in rows], spikes, ls="none", marker=_MARKERS[number], ms=5,
            mfc="none", mew=1.3, color=SERIES[number], label=f"{sweep.axis} = {count(point.at)}",
        )  # fmt: skip
    log_axis(axes, "y", min(every) / 2, max(every) * 2, ticks=6)
    axes.margins(x=0.08)
    axes.set_xlabel("entropy of the exact row [bits]")
    axes.set_ylabel("read-out spikes of the row")
    figure.legend(loc="outside upper left", ncols=3, handlelength=1, columnspacing=1.2)
    return figure


def circuit_rows_alt(sweep: CircuitSweep) -> str:
    """Say what the chart shows."""
    parts = []
    for point in row_points(sweep):
        spikes = [row.spikes for row in point.rows]
        bits = [row.entropy_bits for row in point.rows]
        parts.append(
            f"at {sweep.axis} = {point.at:,} from {min(spikes):,} to {max(spikes):,} spikes over "
            f"rows of {approximate(min(bits))} to {approximate(max(bits))} bits"
        )
    return f"Read-out spikes of a row against its entropy: {'; '.join(parts)}."
