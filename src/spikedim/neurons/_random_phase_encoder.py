"""Integrate and fire without leak, started anywhere: a rate code without bias."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from spikedim.neurons._encoder import (
    AbstractEncoder,
    draw_uniform,
    sigma_delta_count,
    sigma_delta_trains,
)

__all__ = ["RandomPhaseEncoder"]


@final
@dataclass(frozen=True)
class RandomPhaseEncoder(AbstractEncoder):
    r"""Sigma-delta code with a uniform random phase per entry.

    .. math:: \hat x = \frac{\lfloor x T + \varphi \rfloor}{T},\ \varphi \sim U[0, 1), \qquad
        \operatorname{Var} \hat x = \frac{\{xT\}(1 - \{xT\})}{T^2} \le \frac{1}{4 T^2}

    See Also
    --------
    SigmaDeltaEncoder : A fixed phase: smaller error, but biased.
    spikedim.bounds.random_phase_steps : Steps for an RMS error.

    Notes
    -----
    Unbiased at every T, never off by 1/T; over uniform rates the RMS is 1 / (sqrt(6) T). The
    steps of one train depend on each other: the rate at which two such trains coincide is not
    the product of their rates, at any T. Cost O(T) and one random number per entry;
    counts alone O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> RandomPhaseEncoder().variance(torch.tensor([0.5, 0.25]), steps=2)
    tensor([0.0000, 0.0625], dtype=torch.float64)
    """

    stochastic: ClassVar[bool] = True

    def _trains(
        self, rates: Tensor, steps: int, generator: torch.Generator | None, /
    ) -> Iterator[Tensor]:
        return sigma_delta_trains(rates, steps, draw_uniform(rates.shape, generator, rates))

    def _counted(self, rates: Tensor, steps: int, generator: torch.Generator | None, /) -> Tensor:
        return sigma_delta_count(rates, steps, draw_uniform(rates.shape, generator, rates))

    def _decoded(self, spikes: Tensor, /) -> Tensor:
        return spikes.mean(dim=0)

    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(rates)

    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:
        part = (rates * steps).frac()
        return part * (1 - part) / steps**2

    def _worst_error(self, steps: int, /) -> float:
        return 1 / steps

    def _uniform_rms(self, steps: int, /) -> float:
        return 1 / (math.sqrt(6) * steps)
