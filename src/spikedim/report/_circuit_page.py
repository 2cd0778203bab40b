"""A circuit sweep as terminal text, as one HTML page, as a picture."""

from rich.console import RenderableType

from spikedim.circuits import CircuitSweep
from spikedim.report._circuit_claims import circuit_advisories
from spikedim.report._circuit_tables import circuit_table, theorem_table
from spikedim.report._format import shorten
from spikedim.report._page import render_page
from spikedim.report._terminal import result_view

__all__ = ["circuit_page", "circuit_picture", "circuit_view"]


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
    tables = (circuit_table(sweep), theorem_table(sweep))
    return result_view(sweep.headline, tables, sweep.notes, circuit_advisories(sweep))


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
    from matplotlib.figure import Figure

    from spikedim.report._chart import WIDE
    from spikedim.report._circuit_error_figure import circuit_error_figure
    from spikedim.report._png import to_png

    def draw() -> Figure:
        figure = circuit_error_figure(sweep, WIDE)
        figure.axes[0].set_title(shorten(sweep.subject, 90), loc="left", size=12, weight="bold")
        return figure

    return to_png(draw)
