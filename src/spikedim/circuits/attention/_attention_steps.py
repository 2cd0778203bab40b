"""Steps that suffice in the worst case where no part of attention is random at first order."""

import math
from typing import Any

import numpy as np

from spikedim._core import InputError
from spikedim.circuits.attention._attention_bound import (
    diameters,
    score_bound,
    score_errors,
    worst_values,
)
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._encoders import RateCode

__all__ = ["certain_steps"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST_STEPS = 1 << 40


def certain_steps(
    heads: Heads,
    rates: Array,
    exact: Exact,
    code: RateCode,
    target: float,
    *,
    caller: str,
) -> int:
    """Return the fewest steps whose worst-case error is at most `target`, with winners of `cup`."""
    circuit = _worst_circuit(exact)

    def worst(steps: int) -> float:
        errors = score_errors(heads, rates, exact, code, steps)
        return (
            worst_values(heads, rates, code, steps)
            + score_bound(rates, exact, errors, None, steps)
            + circuit / steps
        )

    low, high = 0, 1
    while worst(high) > target:
        low, high = high, 2 * high
        if high > _MOST_STEPS:
            raise InputError(
                f"{caller}: `epsilon` must be reachable in 2**40 steps; got a Frobenius error of "
                f"{target:g}. Ask for a larger one."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if worst(middle) <= target else (middle, high)
    return high


def _worst_circuit(exact: Exact) -> float:
    """Return T times what `cup` can add, which spends T spikes in every row."""
    n = (~np.isneginf(exact.scores)).sum(axis=2)  # [H, N]
    owed = np.cumsum(1 - 1 / np.arange(1, n.max() + 1))[n - 1]
    lengths = np.sqrt(owed * n) * diameters(exact.value)[:, None]
    return math.sqrt(float((lengths.sum(axis=0) ** 2).sum()))
