"""A response as terminal text, as one HTML page, as a picture."""

from rich.console import RenderableType

from spikedim.planning import ResponseAnswers
from spikedim.report._page import render_page
from spikedim.report._response_tables import (
    response_populations_table,
    response_questions_table,
    response_table,
)
from spikedim.report._response_words import response_advisories, response_lines
from spikedim.report._terminal import result_view

__all__ = ["response_page", "response_picture", "response_view"]


def response_view(found: ResponseAnswers) -> RenderableType:
    """Return a response for the terminal.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    RenderableType
        Headline, steps for the targets, what every T loses, shares by population, remarks and
        warnings, to print with a Rich console.
    """
    tables = (
        response_questions_table(found),
        response_table(found),
        response_populations_table(found),
    )
    return result_view(found.headline, tables, response_lines(found), response_advisories(found))


def response_page(found: ResponseAnswers) -> str:
    """Return a response as one HTML page that needs no network.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    # Matplotlib costs most of a second that a response for the terminal need not pay.
    from spikedim.report._response_sections import response_sections

    return render_page(
        found,
        title=f"Response of {found.curve.model}",
        headline=found.headline,
        kind="response",
        sections=response_sections(found),
        advisories=response_advisories(found),
        readable_by="ResponseAnswers.from_json",
    )


def response_picture(found: ResponseAnswers) -> bytes:
    """Return error, accuracy and shares of K as a PNG picture on white.

    Parameters
    ----------
    found : ResponseAnswers
        From `spikedim.planning.ask_response`.

    Returns
    -------
    bytes
        A PNG file of 1,920 pixels width.
    """
    from spikedim.report._png import to_png
    from spikedim.report._response_picture import response_figure

    return to_png(lambda: response_figure(found))
