"""Slopes on log-log axes, and pooled errors, each with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

__all__ = ["Slope", "fit_slope", "pooled_rms"]

LEVEL = 0.95
_FEWEST = 3  # points; two leave no residual to judge the line by
_LARGEST = float(np.finfo(np.float64).max)
_FLAT = -0.1  # a slope above this is no fall worth the name
_ENOUGH = 5  # points above the start; fewer than these say less than all do
_START = 64  # below, the start of a run is no small part of it


@final
@dataclass(frozen=True)
class Slope:
    """Exponent of a power law, fitted by least squares on log-log axes.

    Parameters
    ----------
    value : float
        The error changes as ``at ** value``.
    low, high : float
        Ends of the t interval of the fit.
    level : float
        Its nominal coverage.
    first : int
        Smallest swept value that was used.
    points : int
        How many were used.
    """

    value: float
    low: float
    high: float
    level: float
    first: int
    points: int

    @property
    def falls(self) -> bool | None:
        """Whether the error falls at a rate worth the name; None if the interval holds both."""
        if self.low > _FLAT:
            return False
        return None if self.high > _FLAT else True


def fit_slope(
    at: Sequence[int], errors: Sequence[float | None], *, first: int | None
) -> tuple[Slope | None, str]:
    """Fit log(error) against log(at) for ``at >= first``; return None and why if that is no fit."""
    if first is None:
        first = _START if sum(value >= _START for value in at) >= _ENOUGH else min(at)
    used = [(x, y) for x, y in zip(at, errors, strict=True) if x >= first]
    if any(y is None for _, y in used):
        return None, "an error was not measured"
    if any(y == 0 for _, y in used):
        return None, "an error is exactly 0, which has no logarithm"
    if len({x for x, _ in used}) < _FEWEST:
        return None, f"fewer than {_FEWEST} points from {first:,} on"
    x = np.log(np.array([x for x, _ in used], dtype=np.float64))
    y = np.log([y for _, y in used if y is not None])
    x = x - x.mean()
    spread = float(x @ x)
    value = float(x @ y / spread)
    residual = y - y.mean() - value * x
    freedom = len(used) - 2
    error = float(np.sqrt(residual @ residual / freedom / spread))
    half = _quantile(freedom) * error
    return Slope(value, value - half, value + half, LEVEL, first, len(used)), ""


def pooled_rms(errors: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return the RMS over runs and the ends of its interval, None for one run or zeros.

    A t interval of the mean square on a logarithmic scale (delta method): it stays above zero.
    """
    sizes = np.abs(np.asarray(errors, dtype=np.float64))
    scale = float(sizes.max())
    if scale == 0:
        return 0.0, None, None
    squares = np.square(sizes / scale)  # no error is too large, or too small, for its square
    mean = float(squares.mean())
    rms = scale * float(np.sqrt(mean))
    if len(squares) < 2:
        return rms, None, None
    error = float(squares.std(ddof=1)) / np.sqrt(len(squares)) / mean
    factor = float(np.exp(_quantile(len(squares) - 1) * error / 2))
    return rms, rms / factor, min(rms * factor, _LARGEST)


def _quantile(freedom: int) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.stats import t  # costs 0.3 s when first imported

    return float(t.ppf((1 + LEVEL) / 2, freedom))
