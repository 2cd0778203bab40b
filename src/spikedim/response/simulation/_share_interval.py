"""Wilson's interval of a share of right answers, several per sample."""

import math
from typing import Any

import numpy as np

from spikedim._core import Interval

__all__ = ["share_interval"]

_Z = 1.959963984540054  # two-sided 95 %


def share_interval(shares: np.ndarray[Any, np.dtype[np.float64]]) -> Interval:
    """Return Wilson's 95 % interval of the mean of the shares [S] of every sample.

    It is taken at the number of independent answers that would have the variance between samples,
    and at S where there is none to see.
    """
    mean, number = float(shares.mean()), float(len(shares))
    variance = float(shares.var(ddof=1)) / number if number > 1 else 0.0
    if variance > 0:
        number = max(number, mean * (1 - mean) / variance)
    centre = mean + _Z**2 / (2 * number)
    reach = _Z * math.sqrt(mean * (1 - mean) / number + _Z**2 / (4 * number**2))
    scale = 1 + _Z**2 / number
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return Interval(min(max(low, 0.0), mean), max(min(high, 1.0), mean), method="Wilson")
