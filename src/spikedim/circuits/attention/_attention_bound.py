"""A bound on the error of one run of staged attention that holds for every input."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim.circuits._rows import softmax_rows
from spikedim.circuits.attention._attention_constant import (
    ScoreEffects,
    sampling_part,
    squared_distances,
    value_effect,
)
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._attention_run import AttentionRun
from spikedim.circuits.attention._encoders import RateCode, worst_count_error
from spikedim.circuits.attention._stage_steps import StageSteps, equal_steps
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = [
    "FAILURE",
    "BoundParts",
    "ScoreErrors",
    "diameters",
    "output_bound",
    "score_bound",
    "score_errors",
    "worst_values",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

Counts = np.ndarray[Any, np.dtype[np.int64]]

FAILURE = 1e-6  # of a run, all events together
_SHARE = math.log(3 / FAILURE)  # ln(1/eta) of each of the three stages


@final
@dataclass(frozen=True)
class BoundParts:
    """Frobenius error that each stage can add: value encoder, scores, softmax circuit."""

    value: float
    score: float
    circuit: float

    @property
    def total(self) -> float:
        """The triangle inequality."""
        return self.value + self.score + self.circuit


def output_bound(
    heads: Heads,
    rates: Array,
    exact: Exact,
    effects: ScoreEffects,
    run: AttentionRun,
    *,
    code: RateCode,
    mode: SoftmaxMode,
    steps: int | StageSteps,
) -> BoundParts:
    r"""Bound the error of a run with the scores, rows and spikes that it had.

    With A' the softmax of the run's scores, the error is at most
    :math:`\lVert \hat A (\hat V - V) \rVert + \lVert (A' - A) V \rVert + \lVert (\hat A - A') V
    \rVert`: given the rows the value encoder is independent of them, and given the scores
    the softmax circuit is.
    """
    stages = equal_steps(steps)
    return BoundParts(
        value=_value_bound(heads, rates, run.rows, code, stages.value),
        score=score_bound(
            rates,
            exact,
            score_errors(heads, rates, exact, code, stages),
            effects if code is RateCode.BERNOULLI else None,
            stages,
        ),
        circuit=_circuit_bound(exact.value, run, mode, stages.rows),
    )


def _value_bound(heads: Heads, rates: Array, rows: Array, code: RateCode, steps: int) -> float:
    """Bound what the value encoder adds: McDiarmid over its T N D spikes, or the worst case."""
    if code is not RateCode.BERNOULLI:
        return worst_values(heads, rates, code, steps)
    effect = value_effect(heads, rows)
    mean = math.sqrt(max(float((effect * rates * (1 - rates)).sum()), 0.0) / steps)
    return mean + math.sqrt(max(float(effect.sum()), 0.0) * _SHARE / (2 * steps))


def worst_values(heads: Heads, rates: Array, code: RateCode, steps: int) -> float:
    """Bound what a code of bounded count error adds through the values, whatever the rows."""
    weights = heads.folded_value
    by_norm = math.sqrt(rates.shape[1]) * np.linalg.norm(weights, ord=2, axis=(1, 2))
    by_entry = np.linalg.norm(weights, axis=2).sum(axis=1)
    token = float(np.minimum(by_norm, by_entry).sum()) * worst_count_error(code) / steps
    return math.sqrt(len(rates)) * token


@final
@dataclass(frozen=True, eq=False)
class ScoreErrors:
    """Bounds [H, N, N] on what is linear in the code errors of a score, and on their product."""

    linear: Array
    product: Array


def score_errors(
    heads: Heads, rates: Array, exact: Exact, code: RateCode, steps: int | StageSteps
) -> ScoreErrors:
    """Bound the errors of all scores at once."""
    stages = equal_steps(steps)
    by, longer = stages.query, stages.query / stages.key  # how much more the keys can be off
    by_query = heads.scale * exact.key @ heads.query.transpose(0, 2, 1)  # [H, j, D]
    by_key = heads.scale * exact.query @ heads.key.transpose(0, 2, 1)  # [H, i, D]
    product = heads.scale * heads.query @ heads.key.transpose(0, 2, 1)  # [H, D, D]
    open_scores = ~np.isneginf(exact.scores)  # an exact row may round to 0 where a run does not
    if code is not RateCode.BERNOULLI:
        worst = worst_count_error(code) / by
        linear = worst * (
            np.abs(by_query).sum(axis=2)[:, None, :]
            + longer * np.abs(by_key).sum(axis=2)[:, :, None]
        )
        both = np.broadcast_to(
            longer * worst**2 * np.abs(product).sum(axis=(1, 2))[:, None, None], linear.shape
        )
        return ScoreErrors(linear * open_scores, both * open_scores)
    log = _SHARE + math.log(9 * exact.scores.size)  # 6 a score, 1 a row, 2 for linear_scores
    noise = rates * (1 - rates)
    of_query = _deviation(noise @ (by_query**2).transpose(0, 2, 1), by_query, stages.query, log)
    of_key = _deviation(noise @ (by_key**2).transpose(0, 2, 1), by_key, stages.key, log)
    squares = (product**2).sum(axis=2)  # [H, D]
    spread = math.sqrt(log / (2 * stages.query))
    length = np.sqrt(squares @ noise.T / by) + spread * np.sqrt(squares.sum(axis=1))[:, None]
    spread = math.sqrt(log / (2 * stages.key))
    both = np.broadcast_to(spread * length[:, :, None], of_query.shape)
    return ScoreErrors((of_query + of_key.transpose(0, 2, 1)) * open_scores, both * open_scores)


def score_bound(
    rates: Array,
    exact: Exact,
    errors: ScoreErrors,
    effects: ScoreEffects | None,
    steps: int | StageSteps,
) -> float:
    r"""Bound what score errors add, by the smaller of two arguments.

    1. Two softmax rows whose scores differ by at most e have log ratios within 2 e of each other,
       hence a total variation of at most tanh(e / 2); the differences sum to 0, so that the
       row's mean of the values moves by no more than that times their diameter.
    2. To first order it moves by the covariance of values and scores; what is left is half a third
       central moment, at most :math:`e^2 \mathrm{diam} / 2`. The linear part of the first
       order is a sum of independent spikes with a known mean square: a Bernoulli code has
       `effects`, others give None.
    """
    wide = diameters(exact.value)[:, None]
    largest = (errors.linear + errors.product).max(axis=2)
    crude = float(np.linalg.norm((np.tanh(largest / 2) * wide).sum(axis=0)))
    if effects is None:
        return crude
    apart = (exact.rows * np.sqrt(squared_distances(exact.rows, exact.value))).sum(axis=2)
    rest = errors.product.max(axis=2) * apart + largest**2 * wide / 2
    linear = _linear_scores(rates, effects, equal_steps(steps), exact.scores.size)
    return min(crude, linear + float(np.linalg.norm(rest.sum(axis=0))))


def _linear_scores(rates: Array, effects: ScoreEffects, stages: StageSteps, scores: int) -> float:
    """Bound the linear part over all rows: McDiarmid over the spikes of either encoder."""
    log = _SHARE + math.log(9 * scores)
    return sum(
        math.sqrt(float((effect * rates * (1 - rates)).sum()) / steps)
        + math.sqrt(log * float(effect.sum()) / (2 * steps))
        for effect, steps in ((effects.query, stages.query), (effects.key, stages.key))
    )


def _deviation(variance: Array, weights: Array, steps: int, log: float) -> Array:
    """Bound sums of weighted Bernoulli means: the smaller of Hoeffding's and Bernstein's bound.

    `variance` is [H, tokens coded, tokens weighing], `weights` [H, tokens weighing, D].
    """
    hoeffding = np.sqrt(log * (weights**2).sum(axis=2) / (2 * steps))[:, None, :]
    third = log * np.abs(weights).max(axis=2)[:, None, :] / (3 * steps)
    bernstein = third + np.sqrt(third**2 + 2 * log * np.maximum(variance, 0.0) / steps)
    return np.asarray(np.minimum(hoeffding, bernstein))


def _circuit_bound(values: Array, run: AttentionRun, mode: SoftmaxMode, steps: int) -> float:
    """Bound what the softmax circuit adds, given its scores."""
    targets = softmax_rows(run.scores)
    distances = np.sqrt(squared_distances(targets, values))
    spoke = np.maximum(run.row_spikes, 1)
    match mode:
        case SoftmaxMode.RACE:  # McDiarmid over the H N T winners
            mean = math.sqrt(sampling_part(targets, values, mode) / steps)
            reach = targets.shape[1] * float((diameters(values) ** 2).sum())
            return mean + math.sqrt(reach * _SHARE / (2 * steps))
        case SoftmaxMode.CUP:  # sum of squares of what n membranes are owed: n - H_n
            open_entries = (targets > 0).sum(axis=2)
            owed = np.cumsum(1 - 1 / np.arange(1, targets.shape[2] + 1))[open_entries - 1]
            lengths = np.sqrt(owed * np.where(targets > 0, distances**2, 0.0).sum(axis=2))
            return float(np.linalg.norm((lengths / steps).sum(axis=0)))
        case SoftmaxMode.GLI | SoftmaxMode.GLI_RANDOM_PHASE:  # residuals of theorems 3a and 3a'
            residual = 0.5 if mode is SoftmaxMode.GLI else 1.0
            lengths = residual * np.where(targets > 0, distances, 0.0).sum(axis=2) / spoke
            return float(np.linalg.norm(lengths.sum(axis=0)))
        case SoftmaxMode.GLI_ESCAPE:
            return _escape_bound(targets * distances**2, distances, spoke, steps)


def _escape_bound(weights: Array, distances: Array, spoke: Counts, steps: int) -> float:
    """Bound the sum of centred escape spikes, each times its value: Freedman in a Hilbert space.

    Taken neuron by neuron within a step they are a martingale. The drives of a row sum to its
    spikes up to a residual, which the scalar inequality bounds; a grid of ratio 9/8 covers the
    predictable variance of each head, which is known after the run only.
    """
    drives = spoke + _residuals(spoke, steps)
    variance = (weights.sum(axis=2) * drives).sum(axis=1)  # [H]
    jump = distances.max(axis=(1, 2))
    cells = math.ceil(math.log(steps * distances.size * 2.0**40) / math.log(9 / 8))
    log = _SHARE + math.log(4 * len(spoke) * cells)
    largest = 9 / 8 * np.maximum(variance, 2.0**-40 * jump**2)
    third = log * jump / 3
    reach = third + np.sqrt(third**2 + 2 * log * largest)
    return float((reach / spoke.min(axis=1)).sum())


def _residuals(counts: Counts, steps: int) -> Array:
    """Bound |N - sum p| of all rows at once by Freedman's inequality.

    The sum of drives is unknown and at most n T; a grid of powers of 2 covers it, and N +
    |residual| bounds it. The last line solves for the residual.
    """
    grid = math.ceil(math.log2(steps * counts.shape[1])) + 1
    log = _SHARE + math.log(4 * counts.size * grid)
    free = 2 * np.sqrt(log * (1 + counts)) + 2 * log / 3
    return np.asarray((math.sqrt(log) + np.sqrt(log + free)) ** 2)


def diameters(values: Array) -> Array:
    """Return the largest distance between two values of each head, [H]."""
    near = values - values.mean(axis=1, keepdims=True)  # what they share would round the gaps
    squares = (near**2).sum(axis=2)
    inner = near @ near.transpose(0, 2, 1)
    gaps = squares[:, :, None] + squares[:, None, :] - 2 * inner
    return np.asarray(np.sqrt(np.maximum(gaps, 0.0).max(axis=(1, 2))))
