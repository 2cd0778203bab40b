"""The sections of the page of a circuit sweep."""

from spikedim.bounds import Assumption
from spikedim.circuits import CircuitSweep
from spikedim.report import _circuit_claims as claims
from spikedim.report._chart import HALF, NARROW, WIDE, Chart, draw
from spikedim.report._circuit_error_figure import (
    circuit_error_alt,
    circuit_error_figure,
    has_errors,
)
from spikedim.report._circuit_rows_figure import circuit_rows_alt, circuit_rows_figure, row_points
from spikedim.report._circuit_spikes_figure import (
    circuit_spikes_alt,
    circuit_spikes_figure,
    with_spikes,
)
from spikedim.report._circuit_tables import circuit_table, sweep_origins_table, theorem_table
from spikedim.report._sections import Section

__all__ = ["circuit_sections"]

_HOLDS = {True: "holds", False: "DOES NOT HOLD", None: "yours to know"}


def circuit_sections(sweep: CircuitSweep) -> tuple[Section, ...]:
    """Return the sections of a sweep, those without content left out."""
    spikes = _spikes_section(sweep)
    return (
        Section(
            "error",
            f"Error against {sweep.axis}",
            claims.error_claim(sweep),
            charts=_error_charts(sweep),
            tables=(circuit_table(sweep),),
        ),
        *([spikes] if spikes.charts else []),
        Section(
            "theorem",
            "What was promised",
            _theorem_claim(sweep),
            tables=(theorem_table(sweep),),
            lines=tuple(map(_assumption, sweep.theorem.assumptions)),
        ),
        Section(
            "origin",
            "Settings and provenance",
            claims.origin_claim(sweep),
            tables=(sweep_origins_table(sweep),),
            lines=sweep.notes,
        ),
    )


def _error_charts(sweep: CircuitSweep) -> tuple[Chart, ...]:
    if not has_errors(sweep):
        return ()
    return (
        draw(
            "error",
            lambda width: circuit_error_figure(sweep, width),
            alt=circuit_error_alt(sweep),
            caption=_error_caption(sweep),
        ),
    )


def _error_caption(sweep: CircuitSweep) -> str:
    """Say how to read what was drawn, and nothing else."""
    parts = ["Dots are measured, with the 95 % interval over the runs."]
    if any(point.rms_law for point in sweep.points):
        parts.append("The dashed line of their colour is what the error law predicts.")
    if sweep.slope is not None:
        parts.append("The dotted line is the fit.")
    if any(point.bound for point in sweep.points):
        parts.append(
            "Hollow squares are the error that the theorem speaks of, in the run that came closest "
            "to its bound; they must stay below the line of their colour."
        )
    return " ".join(parts)


def _spikes_section(sweep: CircuitSweep) -> Section:
    charts = []
    if with_spikes(sweep):
        charts.append(
            draw(
                "spikes",
                lambda width: circuit_spikes_figure(sweep, width),
                alt=circuit_spikes_alt(sweep),
                caption="What each error costs: two circuits may need the same T and not the "
                "same spikes.",
                widths=(HALF,) if row_points(sweep) else (WIDE, NARROW),
            )
        )
    if row_points(sweep):
        charts.append(
            draw(
                "rows",
                lambda width: circuit_rows_figure(sweep, width),
                alt=circuit_rows_alt(sweep),
                caption="Each mark is a row. Peaked rows (left) could be said with fewer spikes "
                "than flat ones (right); a level cloud means that the circuit does not.",
                widths=(HALF,),
            )
        )
    claim = claims.rows_claim(sweep) if row_points(sweep) else claims.spikes_claim(sweep)
    return Section("spikes", "What it costs", claim, charts=tuple(charts))


def _theorem_claim(sweep: CircuitSweep) -> str:
    theorem = sweep.theorem
    if not theorem.name:
        return "There is no theorem for this circuit"
    return f"Theorem {theorem.name}: {theorem.statement}"


def _assumption(entry: Assumption) -> str:
    return f"Assumes: {entry.text} ({_HOLDS[entry.holds]})"
