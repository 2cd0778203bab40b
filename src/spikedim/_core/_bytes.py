"""Memory budgets as people write them."""

import math
import re

from spikedim._core._errors import InputError

__all__ = ["DEFAULT_MEMORY_BUDGET", "parse_bytes"]

DEFAULT_MEMORY_BUDGET = 2 << 30

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)


def parse_bytes(
    text: str | int, *, name: str = "memory_budget", caller: str = "parse_bytes"
) -> int:
    """Return a number of bytes from ``"2GB"``, ``"512 MiB"`` or an int; both read as powers of 2.

    Examples
    --------
    >>> parse_bytes("1.5 GB")
    1610612736
    """
    match = _FORM.fullmatch(str(text)) if not isinstance(text, bool) else None
    size = float(match[1]) * _UNITS[match[2].lower()] if match else 0.0
    if not 1 <= size < math.inf:
        raise InputError(
            f"{caller}: `{name}` must be a positive size; got {text!r}. Write e.g. 2GB or 512MB."
        )
    return int(size)
