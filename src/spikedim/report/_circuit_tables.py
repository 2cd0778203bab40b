"""The tables of a circuit sweep: points, settings, theorem, provenance."""

from spikedim.circuits import CircuitSweep, SweepPoint
from spikedim.report._format import ABSENT, approximate, count, interval
from spikedim.report._table import Column, Quantity, Table

__all__ = ["circuit_table", "sweep_origins_table", "theorem_table", "verdict_word"]


def verdict_word(point: SweepPoint) -> str:
    """Say in a word what became of a certificate."""
    if point.silent_rows and point.holds is False:
        return "SILENT"
    if point.failures and point.holds:
        return f"holds, {point.failures:,} allowed"
    return {True: "holds", False: "FAILS", None: ABSENT}[point.holds]


def circuit_table(sweep: CircuitSweep) -> Table:
    """Return one row for each swept value.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.

    Returns
    -------
    Table
        Errors with intervals, law, bound and verdict, spikes; the spikes of a row if there are
        rows.
    """
    rows = [_row(point, sweep) for point in sweep.points]
    spikes = "spikes/row" if _by_row(sweep) else "spikes"
    columns = [
        Column(sweep.axis, numeric=True),
        *([] if sweep.axis == "T" else [Column("T", numeric=True)]),
        Column("verdict"),
        Column("RMS error", numeric=True, interval=True),
        Column("relative", "%", numeric=True, expendable=2),
        Column("by law", numeric=True, expendable=4),
        Column("closest run", numeric=True, expendable=1),
        Column("its bound", numeric=True, expendable=1),
        Column(spikes, numeric=True),
        *([Column("neurons", numeric=True)] if _grows(sweep) else []),
    ]
    return Table(_title(sweep), tuple(columns), tuple(rows))


def _grows(sweep: CircuitSweep) -> bool:
    """Whether the circuit itself depends on what was swept."""
    return len({point.neurons for point in sweep.points}) > 1


def _title(sweep: CircuitSweep) -> str:
    """Say which error is which, and how many runs a point has."""
    quantity, runs = sweep.theorem.quantity, sweep.points[0].runs
    closest = f"; closest run: {quantity}, in the run nearest its bound" if quantity else ""
    return f"RMS {sweep.quantity}, {runs:,} run{'s' if runs != 1 else ''} each{closest}"


def _by_row(sweep: CircuitSweep) -> bool:
    return all(point.row_spikes is not None for point in sweep.points)


def _row(point: SweepPoint, sweep: CircuitSweep) -> tuple[str | Quantity, ...]:
    spikes = point.row_spikes if _by_row(sweep) and point.row_spikes is not None else point.spikes
    ends = [None if end is None else approximate(end) for end in (point.rms_low, point.rms_high)]
    rms = ABSENT if point.rms_error is None else approximate(point.rms_error)
    return (
        Quantity(f"{point.at:,}", point.at),
        *([] if sweep.axis == "T" else [Quantity(f"{point.steps:,}", point.steps)]),
        verdict_word(point),
        Quantity(interval(rms, *ends), point.rms_error, point.rms_low, point.rms_high),
        _number(None if point.relative_error is None else 100 * point.relative_error),
        _number(point.rms_law),
        _number(point.error),
        _number(point.bound),
        Quantity(count(round(spikes, 1) if spikes < 100 else round(spikes), 3), spikes),
        *([Quantity(count(point.neurons), point.neurons)] if _grows(sweep) else []),
    )


def _number(value: float | None) -> Quantity:
    return Quantity(ABSENT if value is None else approximate(value), value)


def theorem_table(sweep: CircuitSweep) -> Table:
    """Return what was promised, and what was built.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.

    Returns
    -------
    Table
        One row per fact; those that are missing are left out.
    """
    theorem, last = sweep.theorem, sweep.points[-1]
    slope, expected = sweep.slope, sweep.expected_slope
    fitted = f"none: {sweep.slope_reason}"
    if slope is not None:
        ends = (f"{round(x, 3) + 0.0:.3f}" for x in (slope.value, slope.low, slope.high))
        fitted = (
            "{} ({} to {}, ".format(*ends) + f"{100 * slope.level:g} %): "
            f"least squares on logarithms, {slope.points} points from {sweep.axis} = "
            f"{slope.first:,} on"
        )
    chance = theorem.failure_probability
    facts = {
        "theorem": theorem.name or "none: nothing is promised",
        "statement": theorem.statement,
        "speaks of": theorem.quantity,
        "why not": "" if theorem.name and last.holds is not None else last.reason,
        "may fail": f"with probability {chance:g} per run" if chance else "",
        "slope expected": "" if expected is None else f"{expected:g}",
        "slope fitted": fitted,
        "neurons": f"{last.neurons:,} at {sweep.axis} = {last.at:,}, all copies",
        "synapses": f"{last.synapses:,} at {sweep.axis} = {last.at:,}, all copies",
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return Table("Theorem and circuit", (Column("fact"), Column("value")), rows)


def sweep_origins_table(sweep: CircuitSweep) -> Table:
    """Return settings, command, versions and seed.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.

    Returns
    -------
    Table
        One row per fact.
    """
    origin = sweep.provenance
    versions = ", ".join(f"{name} {number}" for name, number in origin.versions.items())
    facts = {
        "circuit": sweep.circuit,
        **sweep.settings,
        "command": origin.command,
        "spikedim": origin.spikedim_version,
        "libraries": versions,
        "platform": origin.platform,
        "made": origin.created,
        "fingerprint": origin.data_fingerprint,
        "seed": "none" if origin.seed is None else str(origin.seed),
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return Table("Settings and provenance", (Column("fact"), Column("value")), rows)
