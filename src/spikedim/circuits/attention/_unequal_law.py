"""The first-order error law where stages have steps of their own."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.circuits.attention._attention_constant import ScoreEffects, error_parts
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.attention._stage_steps import StageSteps
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = ["unequal_law"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_HALF_TO_RANDOM = 1 / 2  # variance 1/12 of a code from half a threshold, 1/6 from a random phase


def unequal_law(
    heads: Heads,
    exact: Exact,
    effects: ScoreEffects,
    rates: Array,
    code: RateCode,
    mode: SoftmaxMode,
    stages: StageSteps,
    spent: Array,
) -> float:
    """Return the RMS Frobenius error: squares of the stages over their own steps, added.

    Sigma-delta codes of different T err independently of each other; those of equal T do not, but
    are taken to.
    """
    none = np.zeros_like(effects.query)
    nobody = replace(exact, rows=np.zeros_like(exact.rows))  # whom no value reaches
    apart = RateCode.RANDOM_PHASE if code is RateCode.SIGMA_DELTA else code
    scale = _HALF_TO_RANDOM if code is RateCode.SIGMA_DELTA else 1.0
    total = 0.0
    for steps, seen, found in (
        (stages.value, exact, ScoreEffects(none, none)),
        (stages.query, nobody, ScoreEffects(effects.query, none)),
        (stages.key, nobody, ScoreEffects(none, effects.key)),
    ):
        part = error_parts(heads, seen, found, rates, apart, None)
        total += (part.value + part.score) / steps + scale * part.rounding / steps**2
    rows = error_parts(
        heads, exact, ScoreEffects(none, none), np.zeros_like(rates), apart, mode, spent=spent
    )
    return math.sqrt(total + rows.sampling / stages.rows + rows.rounding / stages.rows**2)
