"""An advice as terminal text, as one HTML page, as a picture."""

from rich.console import RenderableType

from spikedim.planning import Advice
from spikedim.report._advice_tables import (
    advice_costs_table,
    advice_rejected_table,
    advice_table,
)
from spikedim.report._advice_words import advice_advisories, advice_lines
from spikedim.report._page import render_page
from spikedim.report._terminal import result_view

__all__ = ["advice_page", "advice_picture", "advice_view"]


def advice_view(advice: Advice) -> RenderableType:
    """Return an advice for the terminal.

    Parameters
    ----------
    advice : Advice
        From `spikedim.planning.advise`.

    Returns
    -------
    RenderableType
        Headline, gains, costs, how it is done, what does not pay, remarks and warnings, to print
        with a Rich console.
    """
    tables = (advice_table(advice), advice_costs_table(advice), advice_rejected_table(advice))
    how = [f"{each.name}: {each.what} {each.how}" for each in advice.changes]
    return result_view(
        advice.headline,
        [table for table in tables if table.rows],
        (*how, *advice_lines(advice)),
        advice_advisories(advice),
    )


def advice_page(advice: Advice) -> str:
    """Return an advice as one HTML page that needs no network.

    Parameters
    ----------
    advice : Advice
        From `spikedim.planning.advise`.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped, and the advice is inside it.

    Notes
    -----
    About a second, most of it matplotlib.
    """
    # Matplotlib costs most of a second that an advice for the terminal need not pay.
    from spikedim.report._advice_sections import advice_sections

    return render_page(
        advice,
        title=f"Advice for {advice.run}",
        headline=advice.headline,
        kind="advice",
        sections=advice_sections(advice),
        advisories=advice_advisories(advice),
        readable_by="Advice.from_json",
    )


def advice_picture(advice: Advice) -> bytes:
    """Return what the changes save as a PNG picture on white.

    Parameters
    ----------
    advice : Advice
        From `spikedim.planning.advise`.

    Returns
    -------
    bytes
        A PNG file of 1,920 pixels width.
    """
    from spikedim.report._advice_figure import advice_sheet
    from spikedim.report._png import to_png

    return to_png(lambda: advice_sheet(advice))
