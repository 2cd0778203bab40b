"""Results as a notebook shows them: one sentence if there is one, then a small table."""

from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["fields_html"]

_LONGEST = 160


def fields_html(name: str, fields: Mapping[str, Any]) -> str:
    """Return a fragment of HTML for the fields of a result, everything escaped.

    Parameters
    ----------
    name : str
        What the result is, for its caption.
    fields : mapping
        Plain JSON types, as `Result.to_dict` returns them.

    Returns
    -------
    str
        The headline in bold, if there is one, and a table of all other fields: values as they
        are, lists by their length.

    Notes
    -----
    No script, no style and no link, so that a notebook needs to trust nothing.

    Examples
    --------
    >>> fields_html("Epsilon", {"value": 0.07, "kind": "relative"}).count("<tr>")
    2
    """
    rest = {key: value for key, value in fields.items() if key not in {"schema", "headline"}}
    rows = "".join(
        f'<tr><th scope="row">{escape(key)}</th><td>{escape(_text(value))}</td></tr>'
        for key, value in rest.items()
    )
    headline = fields.get("headline")
    sentence = f"<p><strong>{escape(str(headline))}</strong></p>" if headline else ""
    return f"<div>{sentence}<table><caption>{escape(name)}</caption>{rows}</table></div>"


def _text(value: Any) -> str:
    """Return a value in a cell: numbers short, lists as their length, objects by their name."""
    if value is None or value == "":
        return "\u2013"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        if value and all(isinstance(each, str) for each in value):
            return _cut("; ".join(value))
        return f"{len(value):,} {'entry' if len(value) == 1 else 'entries'}"
    if isinstance(value, dict):
        plain = {key: x for key, x in value.items() if not isinstance(x, (dict, list))}
        return _cut(", ".join(f"{key} {_text(x)}" for key, x in plain.items()))
    return _cut(str(value))


def _cut(text: str) -> str:
    """Shorten a text that would swell the table."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"
