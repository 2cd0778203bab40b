"""The tables of a circuit sweep: points, settings, theorem, provenance."""

from spikedim.circuits import CircuitSweep, SweepPoint
from spikedim.report._format import ABSENT, approximate, count, interval
from spikedim.report._table import Column, Quantity, Table

__all__ = ["circuit_table", "sweep_origins_table", "theorem_table", "verdict_word"]

_SAME = 1.001  # spikes of all populations over those of the rows, where there are no others


def verdict_word(point: SweepPoint, sweep: CircuitSweep) -> str:
    """Say in a word what became of a certificate."""
    if point.silent_rows and point.holds is False:
        return "SILENT"
    if point.failures and point.holds:
        return f"holds, {point.failures:,} allowed"
    if point.holds and sweep.is_vacuous(point):
        return "vacuous"
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
    columns = [
        Column(sweep.axis, numeric=True),
        *([] if sweep.axis == "T" else [Column("T", numeric=True)]),
        *([Column("steps", numeric=True, expendable=3)] if _staged(sweep) else []),
        Column("verdict"),
        Column("RMS error", numeric=True, interval=True),
        Column("relative", "%", numeric=True, expendable=2),
        Column("by law", numeric=True, expendable=4),
        Column("closest run", numeric=True, expendable=1),
        Column("its bound", numeric=True, expendable=1),
        *([Column("spikes/row", numeric=True)] if _by_row(sweep) else []),
        *(
            [Column(_spikes_name(sweep), numeric=True, expendable=3 * _by_row(sweep))]
            if _has_more(sweep)
            else []
        ),
        *([Column(_each("neurons", sweep), numeric=True)] if _grows(sweep) else []),
    ]
    return Table(_title(sweep), tuple(columns), tuple(rows))


def _staged(sweep: CircuitSweep) -> bool:
    """Whether a circuit that is swept over T runs for more steps than T."""
    return sweep.axis == "T" and any(point.steps != point.at for point in sweep.points)


def _each(name: str, sweep: CircuitSweep) -> str:
    """Name what is counted for one of the equal parts of a run, if there are such."""
    return f"{name}/{sweep.copy}" if sweep.copy else name


def _spikes_name(sweep: CircuitSweep) -> str:
    """Name the spikes of all populations so that they are not taken for those of the read-out."""
    return _each("all spikes" if _by_row(sweep) else "spikes", sweep)


def _has_more(sweep: CircuitSweep) -> bool:
    """Whether there are spikes besides those of the rows."""
    return any(
        point.row_spikes is None or point.spikes > _SAME * point.row_spikes * sweep.copies
        for point in sweep.points
    )


def _grows(sweep: CircuitSweep) -> bool:
    """Whether the circuit itself depends on what was swept."""
    return len({point.neurons for point in sweep.points}) > 1


def _title(sweep: CircuitSweep) -> str:
    """Say which error is which, and how many runs a point has."""
    quantity, runs = sweep.theorem.quantity, sweep.points[0].runs
    closest = f"; closest run: {quantity}, in the run nearest its bound" if quantity else ""
    law = f"; law: {sweep.law}" if sweep.law else ""
    return f"RMS {sweep.quantity}, {runs:,} run{'s' if runs != 1 else ''} each{law}{closest}"


def _by_row(sweep: CircuitSweep) -> bool:
    return all(point.row_spikes is not None for point in sweep.points)


def _row(point: SweepPoint, sweep: CircuitSweep) -> tuple[str | Quantity, ...]:
    ends = [None if end is None else approximate(end) for end in (point.rms_low, point.rms_high)]
    rms = ABSENT if point.rms_error is None else approximate(point.rms_error)
    return (
        Quantity(f"{point.at:,}", point.at),
        *(
            [Quantity(f"{point.steps:,}", point.steps)]
            if sweep.axis != "T" or _staged(sweep)
            else []
        ),
        verdict_word(point, sweep),
        Quantity(interval(rms, *ends), point.rms_error, point.rms_low, point.rms_high),
        _number(None if point.relative_error is None else 100 * point.relative_error),
        _number(point.rms_law),
        _number(point.error),
        _number(point.bound),
        *([_count(point.row_spikes)] if _by_row(sweep) and point.row_spikes is not None else []),
        *([_count(point.spikes / sweep.copies)] if _has_more(sweep) else []),
        *([_count(point.neurons / sweep.copies)] if _grows(sweep) else []),
    )


def _count(value: float) -> Quantity:
    return Quantity(count(round(value, 1) if value < 100 else round(value), 3), value)


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
        "RMS by law": sweep.law,
        "Lipschitz": sweep.settings.get("Lipschitz constant", ""),
        "neurons": _built(last.neurons, sweep),
        "synapses": _built(last.synapses, sweep),
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return Table("Theorem and circuit", (Column("fact"), Column("value")), rows)


def _built(total: int, sweep: CircuitSweep) -> str:
    """Say how many parts the circuit of the largest swept value has."""
    place = f"at {sweep.axis} = {sweep.points[-1].at:,}"
    if not sweep.copy:
        return f"{total:,} {place}"
    copies = f"; x {sweep.copies:,} copies" if sweep.copies > 1 else ""
    return f"{total // sweep.copies:,} per {sweep.copy} {place}{copies}"


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
