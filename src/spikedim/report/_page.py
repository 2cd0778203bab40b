"""One self-contained HTML page per result."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, final

import jinja2

from spikedim._core import AnyArray, Result
from spikedim.dimension import DimensionEstimate
from spikedim.planning import DataSummary, Measurement, Plan
from spikedim.report import _claims as claims
from spikedim.report._chart import NARROW, WIDE, Chart, draw
from spikedim.report._contact_sheet import contact_sheet
from spikedim.report._curve_figure import curve_alt, curve_figure, with_curves
from spikedim.report._energy_figure import energy_alt, energy_figure, energy_rows
from spikedim.report._ladder_figure import ladder_alt, ladder_figure, ladder_rows
from spikedim.report._layers_figure import layer_rows, layers_alt, layers_figure
from spikedim.report._origins import inputs_table, provenance_table
from spikedim.report._plan_tables import bounds_table, dimensions_table, energy_table, laws_table
from spikedim.report._scree_figure import scree_alt, scree_figure
from spikedim.report._steps_figure import steps_alt, steps_figure
from spikedim.report._table import Table
from spikedim.report._terminal import inverse_lines

__all__ = ["measurement_page", "plan_page"]

_HALF = 350.0  # points: two charts side by side on a desk, one below the other on a telephone


@final
@dataclass(frozen=True)
class _Section:
    """A claim with the charts, tables and sentences that carry it."""

    anchor: str
    topic: str
    claim: str
    charts: tuple[Chart, ...] = ()
    images: tuple[str, ...] = ()
    images_alt: str = ""
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    script: str = ""


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("spikedim.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.jinja")


def plan_page(plan: Plan, *, previews: Sequence[AnyArray] = (), interactive: bool = False) -> str:
    """Return a plan as one HTML page that needs no network.

    Parameters
    ----------
    plan : Plan
        A plan.
    previews : sequence of ndarray
        A few samples, uint8 [H, W] or [H, W, 3], e.g. from ``Samples.preview``.
    interactive : bool
        Add a chart of steps against error with tooltips (needs ``spikedim[charts]``).

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Raises
    ------
    MissingExtraError
        If `interactive` is asked for without the extra.
    InputError
        If a preview is not an image.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    script = ""
    if interactive:
        from spikedim.report._interactive import steps_script

        script = steps_script(plan)
    sections = [
        _steps_section(plan, script),
        _data_section(plan.data, plan.dimensions, plan.dimension_used, previews),
        _ladder_section(plan),
    ]
    if layer_rows(plan):
        sections.append(_layers_section(plan))
    if energy_rows(plan):
        sections.append(_energy_section(plan))
    sections.append(
        _Section(
            "origin",
            "Assumptions and provenance",
            claims.origin_claim(plan),
            tables=(inputs_table(plan), provenance_table(plan.provenance, plan.data)),
            lines=plan.provenance.assumptions,
        )
    )
    title = f"Plan for {plan.data.spec}" + (f" and {plan.model.name}" if plan.model else "")
    return _render(plan, title, plan.headline, "plan", plan.advisories, sections, script=script)


def measurement_page(measurement: Measurement, *, previews: Sequence[AnyArray] = ()) -> str:
    """Return a measurement as one HTML page that needs no network.

    Parameters
    ----------
    measurement : Measurement
        A measurement.
    previews : sequence of ndarray
        A few samples, uint8 [H, W] or [H, W, 3].

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Raises
    ------
    InputError
        If a preview is not an image.
    """
    data = measurement.data
    sections = [
        _data_section(data, measurement.dimensions, "", previews),
        _Section(
            "origin",
            "Assumptions and provenance",
            f"Measured on {data.n_samples:,} {measurement.rows_are} of {data.spec}",
            tables=(provenance_table(measurement.provenance, data),),
            lines=(*measurement.provenance.assumptions, *measurement.notes),
        ),
    ]
    title = f"Dimension of {data.spec}"
    return _render(
        measurement, title, measurement.headline, "measurement", measurement.advisories, sections
    )


def _steps_section(plan: Plan, script: str) -> _Section:
    chart = draw(
        "steps",
        lambda width: steps_figure(plan, width),
        alt=steps_alt(plan),
        caption=(
            "Each line is a law: the steps it asks for at each error, before rounding up; bands "
            "are intervals. The dashed vertical line is the chosen error, the dot the answer. "
            "A steeper line pays more for the same gain in accuracy."
        ),
    )
    because = (
        f"T is uncertain mostly because of {plan.steps_because}." if plan.steps_because else ""
    )
    lines = (*([because] if because else []), *inverse_lines(plan))
    return _Section(
        "steps",
        "Steps against error",
        claims.steps_claim(plan),
        charts=(chart,),
        tables=(laws_table(plan),),
        lines=lines,
        script=script,
    )


def _data_section(
    data: DataSummary,
    dimensions: tuple[DimensionEstimate, ...],
    used: str,
    previews: Sequence[AnyArray],
) -> _Section:
    charts = []
    if data.eigenvalues:
        charts.append(
            draw(
                "scree",
                lambda width: scree_figure(data, dimensions, width),
                alt=scree_alt(data, dimensions),
                caption="Variance along each principal axis, largest first. A line that falls "
                "fast means that few dimensions matter.",
                widths=(_HALF,),
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
                widths=(_HALF,),
            )
        )
    return _Section(
        "data",
        "What the data looks like",
        claims.data_claim(data, dimensions),
        charts=tuple(charts),
        images=contact_sheet(previews),
        images_alt=f"{len(previews)} samples of {data.spec}",
        tables=(dimensions_table(dimensions, used),),
    )


def _ladder_section(plan: Plan) -> _Section:
    charts = []
    if ladder_rows(plan):
        charts.append(
            draw(
                "ladder",
                lambda width: ladder_figure(plan, width),
                alt=ladder_alt(plan),
                caption="Each row is a theorem or a law, smallest first. Triangles to the right "
                "are lower bounds, to the left upper bounds; hollow squares are published forms; "
                "dots with bands are laws.",
            )
        )
    return _Section(
        "ladder",
        "Ladder of bounds",
        claims.ladder_claim(plan),
        charts=tuple(charts),
        tables=(bounds_table(plan),),
    )


def _layers_section(plan: Plan) -> _Section:
    rate = f"{plan.rate.value:g} ({plan.rate.source})"
    chart = draw(
        "layers",
        lambda width: layers_figure(plan, width),
        alt=layers_alt(plan),
        caption=f"Layers from input (top) to output. Spikes if every layer fires at {rate} for "
        f"T = {plan.steps} steps; MACs of the layer that feeds each population.",
    )
    return _Section("layers", "Where spikes go", claims.layers_claim(plan), charts=(chart,))


def _energy_section(plan: Plan) -> _Section:
    chart = draw(
        "energy",
        lambda width: energy_figure(plan, width),
        alt=energy_alt(plan),
        caption="One panel per rule set, all on one logarithmic axis; bands cover the constants "
        "and, for the spiking net, T and the firing rate. The factor is the twin's energy over "
        "the spiking net's: above 1 the spiking net wins.",
    )
    notes = dict.fromkeys(note for entry in plan.energy for note in entry.notes)
    return _Section(
        "energy",
        "Energy",
        claims.energy_claim(plan),
        charts=(chart,),
        tables=(energy_table(plan),),
        lines=tuple(notes),
    )


def _render(
    result: Result,
    title: str,
    headline: str,
    kind: str,
    advisories: tuple[Any, ...],
    sections: list[_Section],
    *,
    script: str = "",
) -> str:
    # "</script>" inside a name must not end the element that holds the JSON.
    embedded = json.dumps(result.to_dict(), separators=(",", ":"), allow_nan=False)
    for letter, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        embedded = embedded.replace(letter, code)
    download = base64.b64encode(result.to_json().encode()).decode()
    return _template().render(
        title=title,
        headline=headline,
        kind=kind,
        advisories=advisories,
        sections=sections,
        embedded=embedded,
        download=download,
        script=script,
        wide=int(WIDE),
        half=int(_HALF),
        narrow=int(NARROW),
    )
