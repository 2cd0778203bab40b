"""One run of the staged circuit: codes first, then the softmax rows, then the gated values."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim.circuits._result import SpikeCount
from spikedim.circuits.attention._attention_heads import Heads
from spikedim.circuits.attention._attention_noise import AttentionNoise, code_uniforms, uniforms_at
from spikedim.circuits.attention._encoders import RateCode, encode_counts, spikes_so_far
from spikedim.circuits.attention._stage_steps import StageSteps, equal_steps
from spikedim.circuits.competition._softmax import SoftmaxMode, softmax
from spikedim.circuits.competition._winner_steps import start_winners, step_winners

__all__ = ["AttentionRun", "needs_noise", "other_spikes", "run_staged"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


@final
@dataclass(frozen=True, eq=False)
class AttentionRun:
    """What the spikes of one run say.

    Shapes: scores (at the end) and rows [H, N, N], row_spikes [H, N], output [N, Do]; code_spikes
    are the spikes of the query, key and value encoders.
    """

    scores: Array
    rows: Array
    row_spikes: Counts
    output: Array
    code_spikes: tuple[int, int, int]
    other: tuple[SpikeCount, ...]


def needs_noise(code: RateCode, mode: SoftmaxMode) -> bool:
    """Whether anything in the circuit is random."""
    deterministic = (SoftmaxMode.GLI, SoftmaxMode.CUP)
    return code is not RateCode.SIGMA_DELTA or mode not in deterministic


def run_staged(
    heads: Heads,
    rates: Array,
    mask: Array | None,
    *,
    code: RateCode,
    mode: SoftmaxMode,
    steps: int | StageSteps,
    generator: np.random.Generator | None,
    noise: AttentionNoise | None,
) -> AttentionRun:
    """Run T steps of coding and T steps of softmax on what was coded; T of each stage its own."""
    stages = equal_steps(steps)
    if noise is None:
        counts = [encode_counts(rates, code, steps=t, generator=generator) for t in stages.codes]
    else:
        counts = _counts_of(rates, code, stages, noise)
    query, key, value = (count / t for count, t in zip(counts, stages.codes, strict=True))
    scores = heads.scores(heads.queries(query), heads.keys(key), mask)
    if noise is None:
        result = softmax(
            scores, mode=mode, steps=stages.rows, generator=generator, measure_error=False
        )
        rows, row_spikes, other = result.value, result.row_spikes, result.spikes[1:]
    else:
        wins = _wins_of(scores, mode, stages.rows, noise)
        row_spikes = wins.sum(axis=2)
        rows = wins / np.maximum(row_spikes, 1)[..., None]
        other = other_spikes(mode, row_spikes.size, stages.rows)
    return AttentionRun(
        scores=scores,
        rows=rows,
        row_spikes=np.asarray(row_spikes),
        output=heads.mix(rows, heads.values(value)),
        code_spikes=(int(counts[0].sum()), int(counts[1].sum()), int(counts[2].sum())),
        other=other,
    )


def other_spikes(mode: SoftmaxMode, rows: int, steps: int) -> tuple[SpikeCount, ...]:
    """Return the spikes of softmax neurons that are no competitors: a race resets every step."""
    if mode is SoftmaxMode.RACE:
        return (SpikeCount("reset", rows, rows * steps, 1.0),)
    return ()


def _counts_of(
    rates: Array, code: RateCode, stages: StageSteps, noise: AttentionNoise
) -> list[Array]:
    """Return the counts of the three encoders, a step at a time where steps are independent."""
    counts = [np.zeros_like(rates)] * 3
    first = 1 if code is RateCode.BERNOULLI else min(stages.codes)
    for step in range(first, max(stages.codes) + 1):
        counts = [
            spikes_so_far(before, rates, code, step=step, uniforms=drawn)
            if step <= last
            else before
            for before, drawn, last in zip(
                counts, code_uniforms(noise, code, step), stages.codes, strict=True
            )
        ]
    return counts


def _wins_of(scores: Array, mode: SoftmaxMode, steps: int, noise: AttentionNoise) -> Counts:
    """Return spike counts [H, N, N] of given streams, a step at a time."""
    state = start_winners(scores, mode, phases=uniforms_at(noise.rows, 0))
    wins = np.zeros(scores.shape, dtype=np.int64)
    for step in range(1, steps + 1):
        drawn = uniforms_at(noise.rows, step)
        spikes, state = step_winners(state, scores, mode, uniforms=drawn)
        wins += spikes
    return wins
