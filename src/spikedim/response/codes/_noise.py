"""The noise of a code to first order: variance D / T^p of every decoded rate."""

from torch import Tensor

from spikedim.circuits import RateCode

__all__ = ["noise_exponent", "noise_variance"]

_ROUNDING = {RateCode.SIGMA_DELTA: 1 / 12, RateCode.RANDOM_PHASE: 1 / 6}


def noise_variance(rates: Tensor, code: RateCode) -> Tensor:
    """Return D [B, ...] of rates [B, ...]: x (1 - x), or 1/12 or 1/6 where 0 < x < 1.

    A rate of 0 or 1 is sent without error by every code; a deterministic code is off by up to
    half a spike, uniformly over many different rates.
    """
    if code is RateCode.BERNOULLI:
        return rates * (1 - rates)
    return ((rates > 0) & (rates < 1)).to(rates.dtype) * _ROUNDING[code]


def noise_exponent(code: RateCode) -> int:
    """Return p: squared errors fall as 1 / T of independent spikes and 1 / T^2 of the others."""
    return 1 if code is RateCode.BERNOULLI else 2
