"""An evaluation as terminal text, as one HTML page, as a picture."""

from collections.abc import Sequence

from rich.console import RenderableType

from spikedim.report._evaluation_tables import evaluation_table, populations_table
from spikedim.report._evaluation_words import evaluation_advisories, evaluation_lines
from spikedim.report._page import render_page
from spikedim.report._terminal import result_view
from spikedim.training import Evaluation, LogLine

__all__ = ["evaluation_page", "evaluation_picture", "evaluation_view"]


def evaluation_view(found: Evaluation) -> RenderableType:
    """Return an evaluation for the terminal.

    Parameters
    ----------
    found : Evaluation
        From `spikedim.training.evaluate`.

    Returns
    -------
    RenderableType
        Headline, table of T, firing rates, remarks and warnings, to print with a Rich console.
    """
    tables = [evaluation_table(found)]
    if found.populations:
        tables.append(populations_table(found))
    return result_view(
        found.headline, tables, evaluation_lines(found), evaluation_advisories(found)
    )


def evaluation_page(found: Evaluation, log: Sequence[LogLine] = ()) -> str:
    """Return an evaluation as one HTML page that needs no network.

    Parameters
    ----------
    found : Evaluation
        From `spikedim.training.evaluate`.
    log : sequence of LogLine
        From `spikedim.training.read_log`; adds the curves of the training.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    # Matplotlib costs most of a second that an evaluation for the terminal need not pay.
    from spikedim.report._evaluation_sections import evaluation_sections

    return render_page(
        found,
        title=f"Evaluation of {found.model}",
        headline=found.headline,
        kind="evaluation",
        sections=evaluation_sections(found, log),
        advisories=evaluation_advisories(found),
        readable_by="Evaluation.from_json",
    )


def evaluation_picture(found: Evaluation, log: Sequence[LogLine] = ()) -> bytes:
    """Return accuracy against T, the training and the firing rates as a PNG picture on white.

    Parameters
    ----------
    found : Evaluation
        From `spikedim.training.evaluate`.
    log : sequence of LogLine
        From `spikedim.training.read_log`; adds the curve of the training.

    Returns
    -------
    bytes
        A PNG file of 1,920 pixels width.
    """
    from spikedim.report._evaluation_picture import evaluation_figure
    from spikedim.report._png import to_png

    return to_png(lambda: evaluation_figure(found, log))
