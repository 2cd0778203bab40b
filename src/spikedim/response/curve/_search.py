"""The first T that is good enough."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["first_steps"]

Array = np.ndarray[Any, np.dtype[Any]]

_SCANNED = 4096  # every whole number up to here: a curve may rise before it falls
_LAST = 1 << 50


def first_steps(is_enough: Callable[[Array], Array]) -> int | None:
    """Return the smallest T that is enough; None if none is, up to 2^50.

    Behind the scanned numbers a curve is monotone: doubling, then bisection.
    """
    found = is_enough(np.arange(1.0, _SCANNED + 1))
    if found.any():
        return int(found.argmax()) + 1
    short, enough = _SCANNED, 2 * _SCANNED
    while not is_enough(np.asarray([float(enough)]))[0]:
        short, enough = enough, 2 * enough
        if enough > _LAST:
            return None
    while enough - short > 1:
        middle = (short + enough) // 2
        if is_enough(np.asarray([float(middle)]))[0]:
            enough = middle
        else:
            short = middle
    return enough
