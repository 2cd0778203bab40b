"""A figure as SVG that follows the page: its colours, its type, its own identifiers."""

import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from spikedim.report._style import INK, MUTED, PAPER, RULE, SERIES

__all__ = ["to_svg"]

_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, start=1)},
}
_COLOUR = re.compile("|".join(_VARIABLES), re.IGNORECASE)
_IDENTIFIER = re.compile(r'(\bid="|"#|url\(#)')
_STYLE_ATTRIBUTE = re.compile(r'style="[^"]*"')
_NOISE = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>"
    r"|<defs>\s*<style.*?</style>\s*</defs>",
    re.DOTALL,
)


def to_svg(figure: Figure, *, name: str) -> str:
    """Return `figure` as one ``<svg>`` element to stand inside a page.

    Parameters
    ----------
    figure : Figure
        Drawn with the house colours.
    name : str
        Letters and dashes that no other picture of the page uses: it begins every identifier.

    Returns
    -------
    str
        SVG whose text is text, whose house colours are the CSS variables of the page, and which
        is the same bytes for the same figure.
    """
    stream = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = _NOISE.sub("", stream.getvalue()).strip()
    text = _STYLE_ATTRIBUTE.sub(_page_style, text)
    text = _IDENTIFIER.sub(lambda found: f"{found[1]}{name}-", text)
    # The page decides how wide it is; the view box keeps the shape.
    return re.sub(r'<svg[^>]*?(viewBox="[^"]*")[^>]*>', _opening(name), text, count=1)


def _opening(name: str) -> str:
    return (
        rf'<svg class="{name}" \1 aria-hidden="true" focusable="false" '
        r'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )


def _page_style(found: re.Match[str]) -> str:
    """Rewrite one style attribute: never a text node, which may hold a user's name."""
    style = re.sub(r"font-family:[^;\"]*;?\s*", "", found[0])
    return _COLOUR.sub(lambda colour: _VARIABLES[colour[0].lower()], style)
