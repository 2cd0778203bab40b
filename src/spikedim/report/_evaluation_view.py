"""An evaluation as terminal text, as one HTML page, as a picture."""

import io
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim.report._evaluation_tables import evaluation_table, populations_table
from spikedim.report._evaluation_words import evaluation_advisories, evaluation_lines
from spikedim.report._page import render_page
from spikedim.report._terminal import advisory_view, table_view
from spikedim.training import Evaluation, LogLine

__all__ = ["evaluation_page", "evaluation_picture", "evaluation_view"]

_DOTS_PER_INCH = 192  # 1,920 pixels wide


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
    parts: list[RenderableType] = [
        Text(found.headline, style="bold"),
        table_view(evaluation_table(found)),
    ]
    if found.populations:
        parts.append(table_view(populations_table(found)))
    parts.append(Padding(Text("\n".join(evaluation_lines(found))), (1, 0, 0, 0)))
    if advisories := evaluation_advisories(found):
        parts.append(advisory_view(advisories))
    return Group(*parts)


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
    import matplotlib as mpl

    from spikedim.report._evaluation_picture import evaluation_figure
    from spikedim.report._style import PAPER, RC

    stream = io.BytesIO()
    with mpl.rc_context(RC):
        evaluation_figure(found, log).savefig(
            stream, format="png", dpi=_DOTS_PER_INCH, facecolor=PAPER, metadata={"Software": None}
        )
    return stream.getvalue()
