"""What the derivatives of all batches add up to, population by population."""

import math
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import NumericsError
from spikedim.circuits import RateCode
from spikedim.response.codes import noise_variance

__all__ = ["PopulationSums"]

_CHUNK = 1 << 18  # values of a product that stay in the cache of a core
Array = np.ndarray[Any, np.dtype[np.float64]]


@final
class PopulationSums:
    """Sums over samples for one population.

    Parameters
    ----------
    name : str
        Its name.
    code : RateCode
        Its code.
    heads : int
        Attention heads that its features belong to; 0 without.
    caller : str
        Named in errors.
    """

    def __init__(self, name: str, code: RateCode, *, heads: int, caller: str) -> None:
        self.name = name
        self.code = code
        self.heads = heads
        self.caller = caller
        self.shape: tuple[int, ...] = ()
        self.traces: list[Array] = []
        self.gains: list[Array] = []
        self.peaks: list[Array] = []
        self.moments = np.zeros(3)
        self.noise = 0.0
        self.by_token: Array = np.zeros(0)
        self.by_head: Array = np.zeros(0)

    @property
    def neurons(self) -> int:
        """Neurons of one sample."""
        return math.prod(self.shape)

    def note(self, rates: Tensor) -> Tensor:
        """Add moments of rates [B, ..., D]; return their noise D of the same shape."""
        if self.shape and self.shape != tuple(rates.shape[1:]):
            raise self._changed(tuple(rates.shape[1:]))
        self.shape = tuple(rates.shape[1:])
        x = rates.detach()
        noise = noise_variance(x, self.code)
        size = float(len(x)) / x.numel()
        moments = (x, x - x * x, (x == 0) | (x == 1))
        self.moments += [float(v.sum(dtype=torch.float64)) * size for v in moments]
        self.noise += float(noise.sum(dtype=torch.float64))
        return noise

    def add_exact(self, noise: Tensor, gradients: Tensor) -> tuple[Tensor, Tensor]:
        """Add gradients [m, B, ..., D] of all outputs; return Sigma and J J^T, [B, m, m]."""
        outputs, batch = gradients.shape[:2]
        flat, weights = gradients.reshape(outputs, batch, -1), noise.reshape(batch, -1)
        sigma = flat.new_zeros((batch, outputs, outputs), dtype=torch.float64)
        gram, parts = torch.zeros_like(sigma), []
        width = max(1, _CHUNK // (outputs * batch))
        for start in range(0, flat.shape[2], width):
            chunk = slice(start, start + width)
            rows = flat[:, :, chunk].transpose(0, 1)
            scaled = rows * weights[:, None, chunk]
            sigma += scaled @ rows.mT  # a chunk is short enough for float32, their sum is not
            gram += rows @ rows.mT
            parts.append(scaled.mul_(rows).sum(dim=(0, 1), dtype=torch.float64))
        sigma = (sigma + sigma.mT) / 2
        self._check(sigma, gram)
        self._add(sigma.diagonal(dim1=1, dim2=2).sum(dim=1), gram.diagonal(dim1=1, dim2=2).sum(1))
        self.peaks.append(_array(torch.linalg.eigvalsh(gram)[:, -1].clamp_min(0).sqrt()))
        self._place(torch.cat(parts))
        return sigma, gram

    def add_probed(self, noise: Tensor, gradients: Tensor, *, share: float) -> tuple[Tensor, ...]:
        """Add a `share` of what gradients [B, ..., D] in one direction say; return it, [B] each."""
        squares = gradients.square()
        weighted = squares * noise
        traces, gains = (v.flatten(1).sum(dim=1, dtype=torch.float64) for v in (weighted, squares))
        self._check(traces, gains)
        self._place(weighted.sum(dim=0, dtype=torch.float64).mul_(share).flatten())
        return traces * share, gains * share

    def finish_probed(self, traces: Tensor, gains: Tensor) -> None:
        """Add squared lengths [B] that all directions of a batch gave."""
        self._add(traces, gains)

    def _add(self, traces: Tensor, gains: Tensor) -> None:
        self.traces.append(_array(traces))
        self.gains.append(_array(gains))

    def _place(self, parts: Tensor) -> None:
        """Add parts of the trace, [neurons], by token and by head."""
        table = parts.reshape(-1, self.shape[-1])
        if len(self.shape) > 1:
            self.by_token = _sum(self.by_token, table.sum(dim=1))
        if self.heads and self.shape[-1] % self.heads == 0:
            self.by_head = _sum(self.by_head, table.sum(dim=0).reshape(self.heads, -1).sum(dim=1))

    def _check(self, *sums: Tensor) -> None:
        if not all(bool(torch.isfinite(each).all()) for each in sums):
            raise NumericsError(
                f"{self.caller}: derivatives must be finite; got NaN or infinity in {self.name!r}. "
                "Look at the weights behind it."
            )

    def _changed(self, shape: tuple[int, ...]) -> NumericsError:
        return NumericsError(
            f"{self.caller}: {self.name!r} must have rates of one shape; got {self.shape} and "
            f"{shape}. Pass inputs that the model treats alike."
        )


def _sum(total: Array, more: Tensor) -> Array:
    return _array(more) if total.size == 0 else total + _array(more)


def _array(x: Tensor) -> Array:
    return np.asarray(x.detach().cpu().numpy(), dtype=np.float64)
