"""Random spikes that keep a distance: the code of a neuron with a refractory period."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import check_integer
from spikedim.neurons._encoder import AbstractEncoder, draw_uniform

__all__ = ["RefractoryEncoder"]

_NODES = 64


@final
@dataclass(frozen=True)
class RefractoryEncoder(AbstractEncoder):
    r"""Rate code with a constant hazard outside a refractory period.

    An entry x fires at rate r by the hazard p and is read back from its count:

    .. math:: r = \frac{x}{1 + t_{ref}}, \qquad p = \frac{r}{1 - t_{ref}\, r}, \qquad
        \hat x = \frac{1 + t_{ref}}{T} \sum_t s_t

    Parameters
    ----------
    refractory_steps : int, default 1
        Steps t_ref without a spike after each spike, at least 0; 0 is the Bernoulli code.

    Raises
    ------
    InputError
        If `refractory_steps` is not an integer of at least 0.

    See Also
    --------
    spikedim.bounds.refractory_code_steps : Steps for an RMS error, in the limit of large T.

    Notes
    -----
    Trains start in equilibrium, so the code is unbiased at every T. With a_k the chance that a
    neuron may fire k steps after a spike, the exact variance of a count is

    .. math:: T r (1 - r) + 2 \sum_{k=1}^{T-1} (T - k)(r\, p\, a_k - r^2)

    and T r (1 - t_ref r)(1 - (t_ref + 1) r) for large T: refractoriness lowers the variance of
    a count, though not that of a decoded rate. Cost O(T) per entry.

    References
    ----------
    .. [1] D. R. Cox, Renewal Theory, Methuen, 1962 (asymptotic variance of a count).

    Examples
    --------
    >>> code = RefractoryEncoder(refractory_steps=1)
    >>> spikes = code.encode(torch.tensor(1.0), steps=4, generator=torch.Generator())
    >>> spikes.sum().item()
    2.0
    """

    stochastic: ClassVar[bool] = True
    refractory_steps: int = 1

    def __post_init__(self) -> None:
        check_integer(
            self.refractory_steps, name="refractory_steps", caller="RefractoryEncoder", minimum=0
        )

    def _rate_and_hazard(self, rates: Tensor) -> tuple[Tensor, Tensor]:
        rate = rates / (1 + self.refractory_steps)
        hazard = (rate / (1 - self.refractory_steps * rate)).clamp(max=1)  # 1 + rounding at x = 1
        return rate, hazard

    def _trains(
        self, rates: Tensor, steps: int, generator: torch.Generator | None, /
    ) -> Iterator[Tensor]:
        silent = self.refractory_steps
        rate, hazard = self._rate_and_hazard(rates)
        # In equilibrium a neuron has j = 1 .. t_ref silent steps left with chance r each.
        start = draw_uniform(rates.shape, generator, rates)
        left = torch.where(start < silent * rate, torch.floor(start / rate) + 1, 0.0)
        left = left.clamp(max=silent)
        for _ in range(steps):
            spike = (left == 0) & (draw_uniform(rates.shape, generator, rates) < hazard)
            yield spike
            left = torch.where(spike, float(silent), (left - 1).clamp(min=0))

    def _decoded(self, spikes: Tensor, /) -> Tensor:
        return (1 + self.refractory_steps) * spikes.mean(dim=0)

    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(rates)

    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:
        silent = self.refractory_steps
        rate, hazard = self._rate_and_hazard(rates)
        total = steps * rate * (1 - rate)
        # a_k, newest first: 0 for t_ref steps after a spike, then 1, then a mixture.
        ready = [torch.zeros_like(rates)] * (silent + 1)
        for lag in range(1, steps):
            if lag <= silent:
                now = torch.zeros_like(rates)
            elif lag == silent + 1:
                now = torch.ones_like(rates)
            else:
                now = (1 - hazard) * ready[0] + hazard * ready[silent]
            ready = [now, *ready[:silent]]
            total = total + 2 * (steps - lag) * (rate * hazard * now - rate.square())
        return total.clamp(min=0) * ((1 + silent) / steps) ** 2

    def _worst_error(self, steps: int, /) -> float:
        cycle = 1 + self.refractory_steps
        return cycle * math.ceil(steps / cycle) / steps

    def _uniform_rms(self, steps: int, /) -> float:
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        variance = self._variance(torch.from_numpy((nodes + 1) / 2), steps)
        return math.sqrt(float(variance.numpy() @ weights) / 2)
