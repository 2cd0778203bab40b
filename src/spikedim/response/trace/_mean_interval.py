"""An interval for the mean of heavy-tailed positive numbers."""

import math
from typing import Any

import numpy as np
from scipy import stats

__all__ = ["INTERVAL_NOTE", "mean_interval"]

_DRAWS = 2000
_FEW = 10  # samples below which redrawing them says too little
_VALUES = 1 << 22  # drawn at a time
INTERVAL_NOTE = (
    "the 95 % interval over samples is a bootstrap-t one, since parts of K are skewed over "
    f"samples; below {_FEW} samples it is Student's on a log scale"
)

Array = np.ndarray[Any, np.dtype[np.float64]]


def mean_interval(values: Array) -> tuple[float, float]:
    """Return a 95 % interval of the mean of independent values >= 0.

    The bootstrap of (mean* - mean) / error*: of skewed values it covers the mean more often
    than Student's interval, of normal ones it is Student's.
    """
    count, mean = len(values), float(values.mean())
    if count == 1 or mean <= 0:
        return mean, mean
    error = float(values.std(ddof=1)) / math.sqrt(count)
    if error <= 1e-12 * mean:  # rounding
        return mean, mean
    if count < _FEW:
        width = math.exp(float(stats.t.ppf(0.975, count - 1)) * error / mean)
        return mean / width, mean * width
    low, high = np.quantile(_pivots(values / mean), (0.025, 0.975))
    return max(mean - float(high) * error, 0.0), mean - float(low) * error


def _pivots(values: Array) -> Array:
    """Return (mean* - 1) / error* of values with mean 1 that were drawn again and again."""
    generator = np.random.default_rng(0)
    count, found = len(values), []
    rows = max(1, _VALUES // count)
    for start in range(0, _DRAWS, rows):
        drawn = values[generator.integers(count, size=(min(rows, _DRAWS - start), count))]
        errors = drawn.std(axis=1, ddof=1) / math.sqrt(count)
        kept = errors > 0  # the same value every time says nothing
        found.append((drawn[kept].mean(axis=1) - 1) / errors[kept])
    return np.concatenate(found)
