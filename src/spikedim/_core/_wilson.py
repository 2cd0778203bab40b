"""Wilson's interval of a share, also of answers that come in groups."""

import math

import numpy as np

from spikedim._core._interval import Interval
from spikedim._core._protocols import AnyArray

__all__ = ["wilson_interval"]

_Z = 1.959963984540054  # two-sided 95 %


def wilson_interval(right: AnyArray, asked: AnyArray) -> Interval:
    """Return Wilson's 95 % interval of the share of right answers.

    `right` and `asked` are counts per sample, [S]. With one answer a sample this is Wilson's
    interval; with several it is taken at the number of independent answers that would have the
    variance found between samples, at most all of them, and S where there is none to see.
    """
    total = float(asked.sum())
    share = float(right.sum()) / total
    number = _independent(right, asked, share)
    centre = share + _Z**2 / (2 * number)
    reach = _Z * math.sqrt(share * (1 - share) / number + _Z**2 / (4 * number**2))
    scale = 1 + _Z**2 / number
    # Rounding may put the ends of 0 and 1 a hair past the share itself.
    low = min(max((centre - reach) / scale, 0.0), share)
    high = max(min((centre + reach) / scale, 1.0), share)
    return Interval(low, high, method="Wilson")


def _independent(right: AnyArray, asked: AnyArray, share: float) -> float:
    """Return how many independent answers are as good as these."""
    total, groups = float(asked.sum()), int((asked > 0).sum())
    if total == groups:
        return total
    spread = float(np.square(right - share * asked).sum())
    if groups < 2 or spread == 0:
        return float(groups)
    variance = spread * groups / (groups - 1) / total**2
    return min(max(share * (1 - share) / variance, 1.0), total)
