"""A circuit sweep as terminal text, as one HTML page, as a picture."""

import io

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim.circuits import CircuitSweep
from spikedim.report._circuit_claims import circuit_advisories
from spikedim.report._circuit_tables import circuit_table, theorem_table
from spikedim.report._format import shorten
from spikedim.report._page import render_page
from spikedim.report._terminal import advisory_view, table_view

__all__ = ["circuit_page", "circuit_picture", "circuit_view"]

_DOTS_PER_INCH = 192  # 1,920 pixels wide


def circuit_view(sweep: CircuitSweep) -> RenderableType:
    """Return a circuit sweep for the terminal.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.

    Returns
    -------
    RenderableType
        Headline, table of points, theorem and warnings, to print with a Rich console.
    """
    parts = [
        Text(sweep.headline, style="bold"),
        table_view(circuit_table(sweep)),
        table_view(theorem_table(sweep)),
    ]
    if sweep.notes:
        parts.append(Padding(Text("\n".join(sweep.notes)), (1, 0, 0, 0)))
    if advisories := circuit_advisories(sweep):
        parts.append(advisory_view(advisories))
    return Group(*parts)


def circuit_page(sweep: CircuitSweep) -> str:
    """Return a circuit sweep as one HTML page that needs no network.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    # Matplotlib costs most of a second that a sweep for the terminal need not pay.
    from spikedim.report._circuit_sections import circuit_sections

    return render_page(
        sweep,
        title=f"Circuit {sweep.circuit}",
        headline=sweep.headline,
        kind="circuit",
        sections=circuit_sections(sweep),
        advisories=circuit_advisories(sweep),
        readable_by="CircuitSweep.from_json",
    )


def circuit_picture(sweep: CircuitSweep) -> bytes:
    """Return the chart of error against T as a PNG picture on white.

    Parameters
    ----------
    sweep : CircuitSweep
        A sweep.

    Returns
    -------
    bytes
        A PNG file of 1,920 pixels width.
    """
    import matplotlib as mpl

    from spikedim.report._chart import WIDE
    from spikedim.report._circuit_error_figure import circuit_error_figure
    from spikedim.report._style import PAPER, RC

    stream = io.BytesIO()
    with mpl.rc_context(RC):
        figure = circuit_error_figure(sweep, WIDE)
        figure.axes[0].set_title(shorten(sweep.subject, 90), loc="left", size=12, weight="bold")
        figure.savefig(
            stream, format="png", dpi=_DOTS_PER_INCH, facecolor=PAPER, metadata={"Software": None}
        )
    return stream.getvalue()
