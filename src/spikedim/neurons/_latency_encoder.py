"""One spike whose time is the value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.neurons._encoder import AbstractEncoder, digital_rms

__all__ = ["LatencyEncoder"]


@final
@dataclass(frozen=True)
class LatencyEncoder(AbstractEncoder):
    r"""Time code: one spike per entry, later for larger values.

    .. math:: s_t = 1 \iff t = \min(\lfloor x T \rfloor + 1,\ T), \qquad
        \hat x = \frac{t - \frac12}{T}

    See Also
    --------
    spikedim.bounds.latency_steps : Steps for an RMS error.

    Notes
    -----
    Not a rate code: the mean of its spikes is 1/T whatever the value. Never off by more than
    1/(2 T); over uniform rates the RMS is 1 / (sqrt(12) T). T must be known before the first
    step. Cost O(T) per entry.

    References
    ----------
    .. [1] S. Thorpe, D. Fize and C. Marlot, "Speed of processing in the human visual system",
       Nature 381, 1996.

    Examples
    --------
    >>> code = LatencyEncoder()
    >>> spikes = code.encode(torch.tensor(0.3), steps=4)
    >>> spikes.tolist(), code.decode(spikes).item()
    ([0.0, 1.0, 0.0, 0.0], 0.375)
    """

    stochastic: ClassVar[bool] = False

    def _trains(
        self,
        rates: Tensor,
        steps: int,
        generator: torch.Generator | None,  # noqa: ARG002
        /,
    ) -> Iterator[Tensor]:
        cell = _cells(rates, steps)
        for t in range(steps):
            yield cell == t

    def _decoded(self, spikes: Tensor, /) -> Tensor:
        if not (spikes.sum(dim=0) == 1).all():
            raise InputError(
                "LatencyEncoder.decode: `spikes` must have one spike per entry; got "
                f"{spikes.sum(dim=0).min():g} to {spikes.sum(dim=0).max():g}. "
                "Another code made them."
            )
        steps = spikes.shape[0]
        return (spikes.argmax(dim=0).to(spikes.dtype) + 0.5) / steps

    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:
        return (_cells(rates, steps) + 0.5) / steps - rates

    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:  # noqa: ARG002
        return torch.zeros_like(rates)

    def _worst_error(self, steps: int, /) -> float:
        return 1 / (2 * steps)

    def _uniform_rms(self, steps: int, /) -> float:
        return digital_rms(float(steps))


def _cells(rates: Tensor, steps: int) -> Tensor:
    """Return floor(x T), where x = 1 shares the last cell."""
    return torch.floor(rates * steps).clamp(max=steps - 1)
