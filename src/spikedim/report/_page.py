"""One self-contained HTML page per result."""

import base64
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import jinja2

from spikedim._core import AnyArray, Result
from spikedim.planning import Advisory, Measurement, Plan

__all__ = ["measurement_page", "plan_page", "render_page"]


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
    # Matplotlib costs most of a second that a plan for the terminal need not pay.
    from spikedim.report._sections import plan_sections

    script = ""
    if interactive:
        from spikedim.report._interactive import steps_script

        script = steps_script(plan)
    sections = plan_sections(plan, previews=previews, interactive=interactive)
    title = f"Plan for {plan.data.spec}" + (f" and {plan.model.name}" if plan.model else "")
    return render_page(
        plan,
        title=title,
        headline=plan.headline,
        kind="plan",
        sections=sections,
        advisories=plan.advisories,
        script=script,
    )


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
    from spikedim.report._sections import measurement_sections

    sections = measurement_sections(measurement, previews=previews)
    title = f"Dimension of {measurement.data.spec}"
    return render_page(
        measurement,
        title=title,
        headline=measurement.headline,
        kind="measurement",
        sections=sections,
        advisories=measurement.advisories,
    )


def render_page(
    result: Result,
    *,
    title: str,
    headline: str,
    kind: str,
    sections: tuple[Any, ...],
    advisories: tuple[Advisory, ...],
    readable_by: str = "spikedim compare",
    script: str = "",
) -> str:
    """Fill the template: one page, the result inside it once as data and once to download."""
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
        readable_by=readable_by,
        script=script,
    )
