"""Integrate and fire without leak: spikes as evenly spaced as they can be."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from spikedim._core import InputError, check_in
from spikedim.neurons._encoder import AbstractEncoder, sigma_delta_count, sigma_delta_trains

__all__ = ["SigmaDeltaEncoder"]


@final
@dataclass(frozen=True)
class SigmaDeltaEncoder(AbstractEncoder):
    r"""Deterministic rate code of an integrator without leak that starts at a given phase.

    .. math:: s_t = \lfloor x t + \varphi \rfloor - \lfloor x (t-1) + \varphi \rfloor, \qquad
        \hat x = \frac{\lfloor x T + \varphi \rfloor}{T}

    Parameters
    ----------
    phase : float, default 0.5
        Initial membrane phi over the threshold, in [0, 1).

    Raises
    ------
    InputError
        If `phase` is not in [0, 1).

    See Also
    --------
    spikedim.bounds.sigma_delta_steps : Steps for an RMS error.
    spikedim.bounds.sigma_delta_max_error_steps : Steps for the largest error, with certainty.
    LIFParameters.integrate_and_fire : The neuron that does this.

    Notes
    -----
    Never off by more than max(phi, 1 - phi) / T; over uniform rates the RMS is
    sqrt(phi^2 - phi + 1/3) / T, .289 / T at phase one half. The error is a bias, not noise:
    repeating does not help. Never multiply such trains by coincidence. Cost O(T) per entry;
    counts alone O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> code = SigmaDeltaEncoder()
    >>> code.encode(torch.tensor(0.25), steps=8).tolist()
    [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    """

    stochastic: ClassVar[bool] = False
    phase: float = 0.5

    def __post_init__(self) -> None:
        check_in(self.phase, 0.0, 1.0, name="phase", caller="SigmaDeltaEncoder")
        if self.phase == 1:
            raise InputError(
                "SigmaDeltaEncoder: `phase` must be below 1; got 1. A full membrane has fired."
            )

    def _trains(
        self,
        rates: Tensor,
        steps: int,
        generator: torch.Generator | None,  # noqa: ARG002
        /,
    ) -> Iterator[Tensor]:
        return sigma_delta_trains(rates, steps, torch.full_like(rates, self.phase))

    def _counted(
        self,
        rates: Tensor,
        steps: int,
        generator: torch.Generator | None,  # noqa: ARG002
        /,
    ) -> Tensor:
        return sigma_delta_count(rates, steps, torch.full_like(rates, self.phase))

    def _decoded(self, spikes: Tensor, /) -> Tensor:
        return spikes.mean(dim=0)

    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:
        return torch.floor(rates * steps + self.phase) / steps - rates

    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(rates)

    def _worst_error(self, steps: int, /) -> float:
        return max(self.phase, 1 - self.phase) / steps

    def _uniform_rms(self, steps: int, /) -> float:
        return math.sqrt(self.phase**2 - self.phase + 1 / 3) / steps
