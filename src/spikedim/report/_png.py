"""A figure as a PNG picture on white, for a paper or a slide."""

import io
from collections.abc import Callable

import matplotlib as mpl
from matplotlib.figure import Figure

from spikedim.report._style import PAPER, RC

__all__ = ["to_png"]

_DOTS_PER_INCH = 192  # a figure of 720 points becomes 1,920 pixels wide


def to_png(draw: Callable[[], Figure]) -> bytes:
    """Return what `draw` draws with the house style as a PNG file, the same bytes each time."""
    stream = io.BytesIO()
    with mpl.rc_context(RC):
        draw().savefig(
            stream, format="png", dpi=_DOTS_PER_INCH, facecolor=PAPER, metadata={"Software": None}
        )
    return stream.getvalue()
