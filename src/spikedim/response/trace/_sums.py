"""What the derivatives of all batches add up to, population by population."""

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim.circuits import RateCode
from spikedim.response.codes import noise_variance

__all__ = ["PopulationSums"]

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
    """

    def __init__(self, name: str, code: RateCode) -> None:
        self.name = name
        self.code = code
        self.shape: tuple[int, ...] = ()
        self.traces: list[Array] = []
        self.gains: list[Array] = []
        self.peaks: list[Array] = []
        self.moments = np.zeros(3)
        self.noise = 0.0
        self.places: Array = np.zeros((0, 0))

    def add_exact(self, rates: Tensor, gradients: Tensor) -> tuple[Tensor, Tensor]:
        """Add gradients [m, B, ..., D] of all outputs; return Sigma and J J^T, [B, m, m]."""
        noise = self._note(rates)
        scaled = gradients * noise
        rows, weighted = (g.flatten(2).transpose(0, 1).double() for g in (gradients, scaled))
        sigma, gram = weighted @ rows.mT, rows @ rows.mT
        self._add(sigma.diagonal(dim1=1, dim2=2), gram.diagonal(dim1=1, dim2=2))
        self.peaks.append(_array(torch.linalg.eigvalsh(gram)[:, -1].clamp_min(0).sqrt()))
        self._place(scaled.mul_(gradients).sum(dim=0))
        return sigma, gram

    def add_probed(self, rates: Tensor, gradients: Tensor) -> None:
        """Add gradients [P, B, ..., D] of outputs in random directions."""
        noise = self._note(rates)
        squares = gradients.square()
        weighted = squares * noise
        count = len(gradients)
        self._add(*(g.flatten(2).double().sum(dim=2).T / count for g in (weighted, squares)))
        self._place(weighted.mean(dim=0))

    def _note(self, rates: Tensor) -> Tensor:
        """Add moments of rates [B, ..., D]; return their noise D."""
        self.shape = tuple(rates.shape[1:])
        x = rates.detach()
        noise = noise_variance(x, self.code)
        ends = (x == 0) | (x == 1)
        size = float(len(x)) / x.numel()
        self.moments += [float(v.sum(dtype=torch.float64)) * size for v in (x, x - x * x, ends)]
        self.noise += float(noise.sum(dtype=torch.float64))
        return noise

    def _add(self, traces: Tensor, gains: Tensor) -> None:
        """Add squared lengths, [B, m]."""
        self.traces.append(_array(traces.sum(dim=1)))
        self.gains.append(_array(gains.sum(dim=1)))

    def _place(self, parts: Tensor) -> None:
        """Add parts of the trace, [B, ..., D], by token and feature."""
        table = _array(parts.double().sum(dim=0).reshape(-1, parts.shape[-1]))
        self.places = table if self.places.size == 0 else self.places + table


def _array(x: Tensor) -> Array:
    return np.asarray(x.detach().cpu().numpy(), dtype=np.float64)
