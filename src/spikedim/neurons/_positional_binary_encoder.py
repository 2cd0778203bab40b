"""Binary digits, one per step: the shortest code here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from spikedim._core import InputError, check_integer
from spikedim.neurons._encoder import AbstractEncoder, digital_rms

__all__ = ["PositionalBinaryEncoder"]

_DIGITS_OF_A_DOUBLE = 53


@final
@dataclass(frozen=True)
class PositionalBinaryEncoder(AbstractEncoder):
    r"""Place-value code: the spike in step k is binary digit k.

    .. math:: s_k = \lfloor 2^k x \rfloor \bmod 2, \qquad
        \hat x = \sum_{k=1}^{T} 2^{-k} s_k + 2^{-(T+1)}

    See Also
    --------
    spikedim.bounds.binary_code_steps : Steps for an RMS error.

    Notes
    -----
    Not a rate code: a decoder must weigh each step by its place. Never off by more than
    2^-(T+1); over uniform rates the RMS is 2^-T / sqrt(12). The rate 1 has all digits 1. At
    most 53 steps, the digits of a float64. Cost O(T) per entry.

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> code = PositionalBinaryEncoder()
    >>> spikes = code.encode(torch.tensor(0.7), steps=4)
    >>> spikes.tolist(), code.decode(spikes).item()
    ([1.0, 0.0, 1.0, 1.0], 0.71875)
    """

    stochastic: ClassVar[bool] = False

    def _check_steps(self, steps: int, caller: str) -> int:
        count = check_integer(steps, name="steps", caller=caller)
        if count > _DIGITS_OF_A_DOUBLE:
            raise InputError(
                f"{caller}: `steps` must be at most {_DIGITS_OF_A_DOUBLE}, the binary digits of "
                f"a float64; got {steps}. Use a rate code for longer trains."
            )
        return count

    def _trains(
        self,
        rates: Tensor,
        steps: int,
        generator: torch.Generator | None,  # noqa: ARG002
        /,
    ) -> Iterator[Tensor]:
        rest = rates
        for _ in range(steps):
            rest = 2 * rest
            digit = torch.floor(rest).clamp(max=1)  # x = 1 keeps rest = 2, all digits 1
            yield digit
            rest = rest - digit

    def _decoded(self, spikes: Tensor, /) -> Tensor:
        steps = self._check_steps(spikes.shape[0], "PositionalBinaryEncoder.decode")
        weights = 0.5 ** torch.arange(1, steps + 1, dtype=torch.float64, device=spikes.device)
        value: Tensor = torch.tensordot(weights, spikes.double(), dims=1)
        return (value + 0.5 ** (steps + 1)).to(spikes.dtype)

    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:
        cells = 2.0**steps
        return (torch.floor(rates * cells).clamp(max=cells - 1) + 0.5) / cells - rates

    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(rates)

    def _worst_error(self, steps: int, /) -> float:
        return 0.5 ** (steps + 1)

    def _uniform_rms(self, steps: int, /) -> float:
        return digital_rms(2.0**steps)
