"""Steps for a mean error, with deterministic winners rehearsed at the T that they get."""

import math
from typing import Any

import numpy as np

from spikedim.circuits.attention._attention_constant import ErrorConstant
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._attention_run import needs_noise, run_staged
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.competition._softmax import SoftmaxMode, softmax

__all__ = ["rehearsed_steps"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PER_DOUBLING = 4  # numbers of steps that are tried
_MOST_UPDATES = 1 << 31  # of membranes in one rehearsal: some seconds


def rehearsed_steps(
    heads: Heads,
    rates: Array,
    mask: Array | None,
    exact: Exact,
    law: ErrorConstant,
    codes: ErrorConstant,
    *,
    code: RateCode,
    mode: SoftmaxMode,
    target: float,
) -> tuple[int, bool]:
    """Return steps for a Frobenius error, and whether a run of so many was seen to reach it.

    Residuals of deterministic winners are uniform and independent in the law only: in short runs
    of many tokens they are not. `codes` is the law of the codes alone, and the winners run on the
    exact scores; where nothing is random the whole circuit runs. Tried are powers of 2 and some
    steps between them, from `law` on: a smaller error never gets fewer steps.
    """
    fewest = law.steps(target)
    if mode not in (SoftmaxMode.GLI, SoftmaxMode.CUP):
        return fewest, False
    certain = not needs_noise(code, mode)
    number = math.ceil(_PER_DOUBLING * math.log2(fewest))
    while True:
        steps = round(2 ** (number / _PER_DOUBLING))
        if steps * exact.scores.size > _MOST_UPDATES:
            return steps, False
        error = (
            _whole_error(heads, rates, mask, exact, code, mode, steps)
            if certain
            else math.hypot(codes.frobenius(steps=steps), _circuit_error(heads, exact, mode, steps))
        )
        if error <= target:
            return steps, certain
        number += 1


def _whole_error(
    heads: Heads,
    rates: Array,
    mask: Array | None,
    exact: Exact,
    code: RateCode,
    mode: SoftmaxMode,
    steps: int,
) -> float:
    """Return the Frobenius error of a deterministic circuit, infinite if a row is silent."""
    run = run_staged(
        heads, rates, mask, code=code, mode=mode, steps=steps, generator=None, noise=None
    )
    if (run.row_spikes == 0).any():
        return math.inf
    return float(np.linalg.norm(run.output - exact.output))


def _circuit_error(heads: Heads, exact: Exact, mode: SoftmaxMode, steps: int) -> float:
    """Return what deterministic winners add on the exact scores."""
    result = softmax(exact.scores, mode=mode, steps=steps, measure_error=False)
    return float(np.linalg.norm(heads.mix(result.value - exact.rows, exact.value)))
