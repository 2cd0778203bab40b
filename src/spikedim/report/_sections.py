"""The sections of a page: a claim each, with what carries it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from spikedim._core import AnyArray
from spikedim.dimension import DimensionEstimate
from spikedim.planning import DataSummary, Measurement, Plan
from spikedim.report import _claims as claims
from spikedim.report._bounds_tables import bounds_tables
from spikedim.report._chart import HALF, Chart, draw
from spikedim.report._contact_sheet import contact_sheet
from spikedim.report._curve_figure import curve_alt, curve_figure, with_curves
from spikedim.report._energy_figure import energy_alt, energy_figure, energy_rows
from spikedim.report._ladder_figure import ladder_alt, ladder_figure, ladder_rows
from spikedim.report._layers_figure import layer_rows, layers_alt, layers_figure
from spikedim.report._origins import inputs_table, provenance_table
from spikedim.report._plan_tables import dimensions_table, energy_table, laws_table
from spikedim.report._scree_figure import scree_alt, scree_figure
from spikedim.report._steps_figure import steps_alt, steps_figure
from spikedim.report._table import Table
from spikedim.report._terminal import absent_laws, inverse_lines

__all__ = ["Section", "measurement_sections", "plan_sections"]


@final
@dataclass(frozen=True)
class Section:
    """A claim with the charts, tables and sentences that carry it."""

    anchor: str
    topic: str
    claim: str
    charts: tuple[Chart, ...] = ()
    images: tuple[str, ...] = ()
    images_alt: str = ""
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    interactive: bool = False


def plan_sections(
    plan: Plan, *, previews: Sequence[AnyArray], interactive: bool
) -> tuple[Section, ...]:
    """Return the sections of a plan, those without content left out."""
    sections = [
        _steps_section(plan, interactive=interactive),
        _data_section(plan.data, plan.dimensions, plan.dimension_used, previews),
    ]
    if plan.bounds:
        sections.append(_ladder_section(plan))
    if layer_rows(plan):
        sections.append(_layers_section(plan))
    if energy_rows(plan):
        sections.append(_energy_section(plan))
    sections.append(
        Section(
            "origin",
            "Assumptions and provenance",
            claims.origin_claim(plan),
            tables=(inputs_table(plan), provenance_table(plan.provenance, plan.data)),
            lines=plan.provenance.assumptions,
        )
    )
    return tuple(sections)


def measurement_sections(
    measurement: Measurement, *, previews: Sequence[AnyArray]
) -> tuple[Section, ...]:
    """Return the sections of a measurement."""
    data = measurement.data
    return (
        _data_section(data, measurement.dimensions, "", previews),
        Section(
            "origin",
            "Assumptions and provenance",
            f"Measured on {data.n_samples:,} {measurement.rows_are} of {data.spec}",
            tables=(provenance_table(measurement.provenance, data),),
            lines=(*measurement.provenance.assumptions, *measurement.notes),
        ),
    )


def _steps_section(plan: Plan, *, interactive: bool) -> Section:
    chart = draw(
        "steps",
        lambda width: steps_figure(plan, width),
        alt=steps_alt(plan),
        caption=(
            "Each line is a law: the steps it asks for at each error, before rounding up; bands "
            "are intervals. The dashed line is what was chosen, the dot the answer. "
            "A steeper line pays more for the same gain in accuracy."
        ),
    )
    because = f"What makes T uncertain: {plan.steps_because}." if plan.steps_because else ""
    lines = (*([because] if because else []), *inverse_lines(plan), *absent_laws(plan))
    return Section(
        "steps",
        "Steps against error",
        claims.steps_claim(plan),
        charts=(chart,),
        tables=(laws_table(plan, applicable=True),),
        lines=lines,
        interactive=interactive,
    )


def _data_section(
    data: DataSummary,
    dimensions: tuple[DimensionEstimate, ...],
    used: str,
    previews: Sequence[AnyArray],
) -> Section:
    charts = []
    if data.eigenvalues:
        charts.append(
            draw(
                "scree",
                lambda width: scree_figure(data, dimensions, width),
                alt=scree_alt(data, dimensions),
                caption="Variance along each principal axis, largest first. A line that falls "
                "fast means that few dimensions matter.",
                widths=(HALF,),
            )
        )
    if with_curves(dimensions):
        charts.append(
            draw(
                "curve",
                lambda width: curve_figure(dimensions, width),
                alt=curve_alt(dimensions),
                caption="The estimate on random subsets; bars are one standard deviation, the "
                "block at the end is the interval. A line that still rises is a lower bound.",
                widths=(HALF,),
            )
        )
    return Section(
        "data",
        "What the data looks like",
        claims.data_claim(data, dimensions),
        charts=tuple(charts),
        images=contact_sheet(previews),
        images_alt=f"{len(previews)} samples of {data.spec}",
        tables=(dimensions_table(dimensions, used),),
    )


def _ladder_section(plan: Plan) -> Section:
    charts = []
    if ladder_rows(plan):
        charts.append(
            draw(
                "ladder",
                lambda width: ladder_figure(plan, width),
                alt=ladder_alt(plan),
                caption="Each row is a theorem or a law, smallest first. Triangles to the right "
                "are lower bounds, to the left upper bounds; hollow squares are published forms; "
                "dots with bands are laws. All speak of the data population; a bound that names "
                "other entries (uniform, worst, Gaussian) shows what they would need in its "
                "place, and may lie on the wrong side of the answer.",
            )
        )
    return Section(
        "ladder",
        "Ladder of bounds",
        claims.ladder_claim(plan),
        charts=tuple(charts),
        tables=bounds_tables(plan),
    )


def _layers_section(plan: Plan) -> Section:
    rate = f"{plan.rate.value:g} ({plan.rate.source})"
    chart = draw(
        "layers",
        lambda width: layers_figure(plan, width),
        alt=layers_alt(plan),
        caption=f"Layers from input (top) to output. Spikes if every layer fires at {rate} for "
        f"T = {plan.steps} steps; MACs of the layer that feeds each population.",
    )
    return Section("layers", "Where spikes go", claims.layers_claim(plan), charts=(chart,))


def _energy_section(plan: Plan) -> Section:
    chart = draw(
        "energy",
        lambda width: energy_figure(plan, width),
        alt=energy_alt(plan),
        caption="One panel per rule set, all on one logarithmic axis; bands cover the constants "
        "and, for the spiking net, T and the firing rate. The factor is the twin's energy over "
        "the spiking net's: above 1 the spiking net wins.",
    )
    return Section(
        "energy",
        "Energy",
        claims.energy_claim(plan),
        charts=(chart,),
        tables=(energy_table(plan),),
        lines=_booking_lines(plan),
    )


def _booking_lines(plan: Plan) -> tuple[str, ...]:
    """Say for every rule set what it leaves out, of the spiking net and of its twins."""
    said: dict[tuple[str, str], dict[str, None]] = {}
    for entry in plan.energy:
        who = "spiking net" if entry.subject == "snn" else "twins"
        said.setdefault((entry.rules, who), {}).update(dict.fromkeys(entry.notes))
    return tuple(
        f"{rules}, {who}: {'; '.join(notes)}." for (rules, who), notes in said.items() if notes
    )
