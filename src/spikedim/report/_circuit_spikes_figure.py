"""Error of a circuit against the spikes it used."""

from matplotlib.figure import Figure

from spikedim.circuits import CircuitSweep, SweepPoint
from spikedim.report._circuit_error_figure import rms_bars
from spikedim.report._format import approximate, count
from spikedim.report._style import SERIES, log_axis, new_figure, plain_axes

__all__ = ["circuit_spikes_alt", "circuit_spikes_figure", "spikes_name", "with_spikes"]


def with_spikes(sweep: CircuitSweep) -> list[SweepPoint]:
    """Return the points that have an error and spikes above 0."""
    return [point for point in sweep.points if point.rms_error and _spikes(point)]


def spikes_name(sweep: CircuitSweep) -> str:
    """Say which spikes are counted."""
    rows = all(point.row_spikes is not None for point in sweep.points)
    return "read-out spikes per row" if rows else "spikes of all populations"


def _spikes(point: SweepPoint) -> float:
    return point.spikes if point.row_spikes is None else point.row_spikes


def circuit_spikes_figure(sweep: CircuitSweep, width: float) -> Figure:
    """Draw the RMS error against the number of spikes on log-log axes.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep with spikes and an error above 0.
    width : float
        Points.

    Returns
    -------
    Figure
        Measured points with intervals, and the law where there is one.
    """
    points = with_spikes(sweep)
    figure = new_figure(width, 320)
    axes = plain_axes(figure)
    spikes = [_spikes(point) for point in points]
    errors = [point.rms_error or 0.0 for point in points]
    axes.errorbar(
        spikes, errors, yerr=rms_bars(points), fmt="o", ms=6, capsize=3, color=SERIES[0],
        label="measured", zorder=4,
    )  # fmt: skip
    laws = [(_spikes(point), point.rms_law) for point in points if point.rms_law]
    if laws:
        axes.plot(*zip(*laws, strict=True), color=SERIES[0], ls="--", label="by the law")
    shown = [*errors, *(law for _, law in laws), *(p.rms_low for p in points if p.rms_low)]
    margin = 1.3 if max(spikes) > 1.1 * min(spikes) else 3.0
    log_axis(axes, "x", min(spikes) / margin, max(spikes) * margin, ticks=4)
    log_axis(axes, "y", min(shown) / 1.5, max(shown) * 1.5, ticks=6)
    axes.set_xlabel(spikes_name(sweep))
    axes.set_ylabel(f"RMS {sweep.quantity}")
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def circuit_spikes_alt(sweep: CircuitSweep) -> str:
    """Say what the chart shows."""
    parts = [
        f"{approximate(point.rms_error or 0.0)} with {count(_spikes(point))}"
        for point in with_spikes(sweep)
    ]
    return f"RMS {sweep.quantity} against {spikes_name(sweep)}: {'; '.join(parts)}."
