"""Rates to spike counts: which code, what noise it leaves, and how it is drawn."""

from enum import StrEnum
from typing import Any

import numpy as np
import torch

from spikedim.neurons import (
    AbstractEncoder,
    BernoulliEncoder,
    RandomPhaseEncoder,
    SigmaDeltaEncoder,
)

__all__ = ["RateCode", "code_noise", "encode_counts", "spikes_so_far", "worst_count_error"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_TORCH_SEEDS = 1 << 63


class RateCode(StrEnum):
    """How rates in [0, 1] become spikes."""

    BERNOULLI = "bernoulli"  # independent spikes; variance x (1 - x) / T
    SIGMA_DELTA = "sigma_delta"  # deterministic, half a threshold ahead; error at most 1 / (2 T)
    RANDOM_PHASE = "random_phase"  # sigma-delta from a random phase; unbiased, error below 1 / T


_ENCODERS: dict[RateCode, AbstractEncoder] = {
    RateCode.BERNOULLI: BernoulliEncoder(),
    RateCode.SIGMA_DELTA: SigmaDeltaEncoder(phase=0.5),
    RateCode.RANDOM_PHASE: RandomPhaseEncoder(),
}


def encode_counts(
    rates: Array, code: RateCode, *, steps: int, generator: np.random.Generator | None
) -> Array:
    """Return the spikes of each entry over all steps."""
    encoder = _ENCODERS[code]
    drawn = None
    if encoder.stochastic and generator is not None:
        drawn = torch.Generator().manual_seed(int(generator.integers(_TORCH_SEEDS)))
    counts = encoder.count(torch.from_numpy(rates), steps=steps, generator=drawn)
    return np.asarray(counts.numpy())


def spikes_so_far(
    before: Array, rates: Array, code: RateCode, *, step: int, uniforms: Array | None
) -> Array:
    """Return the spike counts after a step t >= 1 from those before it.

    Bernoulli codes need fresh uniforms in every step, a random phase the same ones in all, and
    sigma-delta none.
    """
    if uniforms is None:
        return np.asarray(np.floor(rates * step + 0.5))  # sigma-delta
    if code is RateCode.BERNOULLI:
        return np.asarray(before + (uniforms < rates))
    return np.asarray(np.floor(rates * step + uniforms))


def code_noise(rates: Array, code: RateCode) -> Array:
    """Return T times the variance of each decoded rate as T grows: D of the error law."""
    return rates * (1 - rates) if code is RateCode.BERNOULLI else np.zeros_like(rates)


def worst_count_error(code: RateCode) -> float:
    """Return the largest error of a count over all rates: 1/2 or 1, infinity if there is none."""
    return {RateCode.SIGMA_DELTA: 0.5, RateCode.RANDOM_PHASE: 1.0}.get(code, float("inf"))
