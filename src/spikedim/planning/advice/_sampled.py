"""What every sample of a half gave at one setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from spikedim._core import FloatArray, Interval

__all__ = ["Sampled", "falls_within", "gain", "mean_interval"]

_DRAWS = 500
_ENDS = (0.025, 0.975)
_ROUNDING = 1e-9


@final
@dataclass(frozen=True, eq=False)
class Sampled:
    """Errors and answers of S samples, means over independent codes.

    Parameters
    ----------
    errors : FloatArray of shape [S]
        Squared distances of the outputs from the reference.
    right, agreed : FloatArray of shape [S]
        Share of codes that gave the right answer, and that of the reference.
    totals : FloatArray of shape [S]
        Spikes of all populations for each sample.
    spikes : dict of str to float
        Spikes of every population for one sample, a mean over samples.
    """

    errors: FloatArray
    right: FloatArray
    agreed: FloatArray
    totals: FloatArray
    spikes: Mapping[str, float]

    @property
    def error(self) -> float:
        """Mean squared error."""
        return float(self.errors.mean())

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return float(self.right.mean())

    @property
    def total(self) -> float:
        """Spikes of all populations for one sample."""
        return float(self.totals.mean())


def gain(
    before: FloatArray, after: FloatArray, generator: np.random.Generator
) -> tuple[float, Interval]:
    """Return the share that the mean falls by, with its interval over the same samples."""
    value = _saved(float(before.mean()), float(after.mean()))
    rows = generator.integers(len(before), size=(_DRAWS, len(before)))
    means = before[rows].mean(axis=1), after[rows].mean(axis=1)
    found = [_saved(float(b), float(a)) for b, a in zip(*means, strict=True)]
    low, high = np.quantile(found, _ENDS)
    return value, _around(float(low), value, float(high), "paired bootstrap over samples")


def mean_interval(values: FloatArray, generator: np.random.Generator) -> Interval:
    """Return the interval of a mean over samples."""
    rows = generator.integers(len(values), size=(_DRAWS, len(values)))
    low, high = np.quantile(values[rows].mean(axis=1), _ENDS)
    return _around(float(low), float(values.mean()), float(high), "bootstrap over samples")


def falls_within(before: FloatArray, after: FloatArray, tolerance: float) -> bool:
    """Say whether a mean falls by no more than `tolerance`, one standard error allowed for."""
    drops = before - after
    deviation = float(drops.std(ddof=1)) / float(np.sqrt(len(drops)))
    return float(drops.mean()) + deviation <= tolerance + _ROUNDING


def _saved(before: float, after: float) -> float:
    """Return the share saved; where nothing was wrong before, nothing can be."""
    return 1 - after / before if before > 0 else 0.0


def _around(low: float, value: float, high: float, method: str) -> Interval:
    # A quantile of few draws may lie past the value itself.
    return Interval(min(low, value), max(high, value), method=method)
