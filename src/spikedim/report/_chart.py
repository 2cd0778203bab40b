"""A picture with everything that a reader who cannot see it needs."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import matplotlib as mpl
from matplotlib.figure import Figure

from spikedim.report._style import RC
from spikedim.report._svg import to_svg

__all__ = ["HALF", "NARROW", "WIDE", "Chart", "draw"]

# Points, which are pixels of the page. HALF stands beside another on a desk and alone on a
# telephone.
WIDE, HALF, NARROW = 720.0, 350.0, 330.0


@final
@dataclass(frozen=True)
class Chart:
    """A drawn chart.

    Parameters
    ----------
    name : str
        Identifier on the page.
    wide, narrow : str
        SVG for a desk and for a telephone; `narrow` is empty if one serves both.
    alt : str
        The numbers of the chart in words.
    caption : str
        How to read it.
    """

    name: str
    wide: str
    narrow: str
    alt: str
    caption: str


def draw(
    name: str,
    figure: Callable[[float], Figure],
    *,
    alt: str,
    caption: str,
    widths: tuple[float, ...] = (WIDE, NARROW),
) -> Chart:
    """Draw `figure` at each of `widths` (points), the widest first."""
    with mpl.rc_context(RC), warnings.catch_warnings():
        # The browser draws the text, with whatever font has the glyph.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawn = [
            to_svg(figure(width), name=f"{name}-{form}")
            for width, form in zip(widths, ("wide", "narrow"), strict=False)
        ]
    return Chart(name, drawn[0], drawn[1] if len(drawn) > 1 else "", alt, caption)
