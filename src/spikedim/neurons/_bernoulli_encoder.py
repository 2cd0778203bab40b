"""Independent spikes, each with probability x."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from spikedim.neurons._encoder import AbstractEncoder, draw_uniform

__all__ = ["BernoulliEncoder"]


@final
@dataclass(frozen=True)
class BernoulliEncoder(AbstractEncoder):
    r"""Rate code of independent spikes.

    .. math:: s_t = \mathbf 1[U_t < x], \qquad \hat x = \frac1T \sum_t s_t, \qquad
        \operatorname{Var} \hat x = \frac{x (1 - x)}{T}

    See Also
    --------
    spikedim.bounds.bernoulli_steps : Steps for an RMS error.
    spikedim.bounds.hoeffding_steps : Steps for the largest error of many entries.

    Notes
    -----
    Unbiased; over uniform rates the RMS is 1 / sqrt(6 T). The only code here whose trains may
    be multiplied by coincidence, since steps and entries are independent. Cost: T random
    numbers per entry, or one binomial number if only counts are asked for.

    References
    ----------
    .. [1] B. R. Gaines, "Stochastic computing systems", Advances in Information Systems Science
       2, 1969.

    Examples
    --------
    >>> BernoulliEncoder().variance(torch.tensor([0.5]), steps=25).sqrt()
    tensor([0.1000], dtype=torch.float64)
    """

    stochastic: ClassVar[bool] = True

    def _trains(
        self, rates: Tensor, steps: int, generator: torch.Generator | None, /
    ) -> Iterator[Tensor]:
        for _ in range(steps):
            yield draw_uniform(rates.shape, generator, rates) < rates

    def _counted(self, rates: Tensor, steps: int, generator: torch.Generator | None, /) -> Tensor:
        device = None if generator is None else generator.device
        trials = torch.full_like(rates, steps, device=device)
        return torch.binomial(trials, rates.to(trials.device), generator).to(rates.device)

    def _decoded(self, spikes: Tensor, /) -> Tensor:
        return spikes.mean(dim=0)

    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(rates)

    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:
        return rates * (1 - rates) / steps

    def _worst_error(self, steps: int, /) -> float:  # noqa: ARG002
        return 1.0

    def _uniform_rms(self, steps: int, /) -> float:
        return 1 / math.sqrt(6 * steps)
