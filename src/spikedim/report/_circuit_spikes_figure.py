"""Error of a circuit against what it costs: spikes, or neurons where the spikes do not change."""

from matplotlib.figure import Figure

from spikedim.circuits import CircuitSweep, SweepPoint
from spikedim.report._circuit_error_figure import a_decade, rms_bars
from spikedim.report._format import approximate, count
from spikedim.report._style import SERIES, log_axis, new_figure, plain_axes

__all__ = ["circuit_costs", "circuit_spikes_alt", "circuit_spikes_figure", "with_spikes"]


def with_spikes(sweep: CircuitSweep) -> list[SweepPoint]:
    """Return the points that have an error and spikes above 0."""
    return [point for point in sweep.points if point.rms_error and _spikes(point)]


def circuit_costs(sweep: CircuitSweep) -> tuple[str, list[float]]:
    """Return what a smaller error costs more of, and how much of it each point has."""
    points = with_spikes(sweep)
    spikes = [_spikes(point) for point in points]
    each = f" per {sweep.copy}" if sweep.copy else ""
    if len({point.neurons for point in points}) > 1 and len(set(spikes)) == 1:
        return f"neurons{each}", [point.neurons / sweep.copies for point in points]
    rows = all(point.row_spikes is not None for point in points)
    if rows:
        return "read-out spikes per row", spikes
    return f"spikes{each}" if each else "spikes of all populations", [
        spike / sweep.copies for spike in spikes
    ]


def _spikes(point: SweepPoint) -> float:
    return point.spikes if point.row_spikes is None else point.row_spikes


def circuit_spikes_figure(sweep: CircuitSweep, width: float) -> Figure:
    """Draw the RMS error against its cost on log-log axes.

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
    name, costs = circuit_costs(sweep)
    figure = new_figure(width, 320)
    axes = plain_axes(figure)
    errors = [point.rms_error or 0.0 for point in points]
    axes.errorbar(
        costs, errors, yerr=rms_bars(points), fmt="o", ms=6, capsize=3, color=SERIES[0],
        label="measured", zorder=4,
    )  # fmt: skip
    pairs = zip(points, costs, strict=True)
    laws = [(cost, point.rms_law) for point, cost in pairs if point.rms_law]
    if laws:
        axes.plot(*zip(*laws, strict=True), color=SERIES[0], ls="--", label="by the law")
    shown = [*errors, *(law for _, law in laws), *(p.rms_low for p in points if p.rms_low)]
    margin = 1.3 if max(costs) > 1.1 * min(costs) else 3.0
    log_axis(axes, "x", min(costs) / margin, max(costs) * margin, ticks=4)
    log_axis(axes, "y", *a_decade(shown), ticks=6)
    axes.set_xlabel(name)
    axes.set_ylabel("RMS error")
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.2)
    return figure


def circuit_spikes_alt(sweep: CircuitSweep) -> str:
    """Say what the chart shows."""
    name, costs = circuit_costs(sweep)
    parts = [
        f"{approximate(point.rms_error or 0.0)} with {count(cost)}"
        for point, cost in zip(with_spikes(sweep), costs, strict=True)
    ]
    return f"RMS {sweep.quantity} against {name}: {'; '.join(parts)}."
