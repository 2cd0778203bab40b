"""Formulas as MathML, written at build time: showing them needs no network and no script."""

import html

from docutils.nodes import SkipNode
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

logger = logging.getLogger(__name__)
# Commands that the converter lacks, and the nearest it has.
SPELLINGS = {
    r"\iff": r"\Leftrightarrow",
    r"\dots": r"\ldots",
    r"\textstyle": "",
    r"\tfrac": r"\frac",
    r"\dfrac": r"\frac",
}


def convert(tex, node, *, block):
    """Return MathML; a formula that cannot be converted is a build warning, and shown as TeX."""
    for known, ours in SPELLINGS.items():
        tex = tex.replace(known, ours)
    try:
        return latex2mathml.tex2mathml(tex, as_block=block)
    except MathError as error:
        logger.warning("formula %r: %s", tex, error, location=node)
        return f"<code>{html.escape(tex)}</code>"


def visit_inline(self, node):
    self.body.append(convert(node.astext(), node, block=False))
    raise SkipNode


def visit_block(self, node):
    rows = node.astext()
    if "&" in rows or r"\\" in rows:
        rows = rf"\begin{{aligned}}{rows}\end{{aligned}}" if r"\begin" not in rows else rows
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(convert(rows, node, block=True))
    self.body.append("</div>\n")
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
