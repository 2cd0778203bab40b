"""One run of the online circuit: codes, softmax rows and gated values in the same steps."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from spikedim.circuits.attention._attention_heads import Heads
from spikedim.circuits.attention._attention_noise import AttentionNoise, code_uniforms, uniforms_at
from spikedim.circuits.attention._attention_run import AttentionRun, other_spikes
from spikedim.circuits.attention._encoders import RateCode, spikes_so_far
from spikedim.circuits.competition._softmax import SoftmaxMode
from spikedim.circuits.competition._winner_steps import (
    draws_phases,
    draws_steps,
    start_winners,
    step_winners,
)

__all__ = ["online_averaging", "run_online"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_Codes = tuple[Array | None, Array | None, Array | None]
_Draws = Iterator[tuple[_Codes, Array | None]]


def online_averaging(steps: int) -> float:
    r"""Return what averaging over running means does to the variance of a code: 2 - H_T / T.

    The spike of step s enters the mean of step t >= s with weight 1/t, so the average over t
    weighs it by :math:`h_s = \sum_{t=s}^T 1/t`, and :math:`\sum_s h_s^2 = 2 T - H_T`.
    """
    if steps > 1 << 20:
        return 2.0
    return 2.0 - float((1 / np.arange(1, steps + 1)).sum()) / steps


def run_online(
    heads: Heads,
    rates: Array,
    mask: Array | None,
    *,
    code: RateCode,
    mode: SoftmaxMode,
    steps: int,
    generator: np.random.Generator | None,
    noise: AttentionNoise | None,
) -> AttentionRun:
    """Run T steps in which every part reads the running means of the part before."""
    draws = (
        _drawn(generator, rates, heads.count, code, mode) if noise is None else _keyed(noise, code)
    )
    counts = [np.zeros_like(rates)] * 3
    scores = heads.scores(heads.queries(counts[0]), heads.keys(counts[1]), mask)
    state = start_winners(scores, mode, phases=_phases(mode, scores.shape, generator, noise))
    wins = np.zeros(scores.shape, dtype=np.int64)
    gated = np.zeros((heads.count, len(rates), heads.output.shape[2]))
    for step in range(1, steps + 1):
        fresh, of_rows = next(draws)
        counts = [
            spikes_so_far(before, rates, code, step=step, uniforms=drawn)
            for before, drawn in zip(counts, fresh, strict=True)
        ]
        scores = heads.scores(heads.queries(counts[0] / step), heads.keys(counts[1] / step), mask)
        spikes, state = step_winners(state, scores, mode, uniforms=of_rows)
        gated += spikes @ heads.values(counts[2] / step)
        wins += spikes
    row_spikes = wins.sum(axis=2)
    spoke = np.maximum(row_spikes, 1)[..., None]
    return AttentionRun(
        scores=scores,
        rows=wins / spoke,
        row_spikes=row_spikes,
        output=(gated / spoke).sum(axis=0) + heads.output_bias,
        code_spikes=(int(counts[0].sum()), int(counts[1].sum()), int(counts[2].sum())),
        other=other_spikes(mode, row_spikes.size, steps),
    )


def _phases(
    mode: SoftmaxMode,
    shape: tuple[int, ...],
    generator: np.random.Generator | None,
    noise: AttentionNoise | None,
) -> Array | None:
    """Return the membranes that competitors start from, before any other number is drawn."""
    if noise is not None:
        return uniforms_at(noise.rows, 0)
    return generator.random(shape) if generator is not None and draws_phases(mode) else None


def _drawn(
    generator: np.random.Generator | None,
    rates: Array,
    heads: int,
    code: RateCode,
    mode: SoftmaxMode,
) -> _Draws:
    """Yield the random numbers of one step after the other, None where nothing is random."""
    codes: _Codes = (None, None, None)
    rows = None
    for step in itertools.count(1):
        if generator is not None:
            if code is RateCode.BERNOULLI or (code is RateCode.RANDOM_PHASE and step == 1):
                query, key, value = generator.random((3, *rates.shape))
                codes = (query, key, value)
            if draws_steps(mode):
                rows = generator.random((heads, len(rates), len(rates)))
        yield codes, rows


def _keyed(noise: AttentionNoise, code: RateCode) -> _Draws:
    """Yield the random numbers of given streams; a random phase keeps its first ones."""
    for step in itertools.count(1):
        yield code_uniforms(noise, code, step), uniforms_at(noise.rows, step)
