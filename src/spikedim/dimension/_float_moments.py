"""Second moments of real samples in float64, centred batch by batch."""

from typing import final

import torch
from torch import Tensor

__all__ = ["FloatMoments", "float_gram"]

_BLOCK = 1024


@final
class FloatMoments:
    """Scatter matrix about the running mean; batches merge by the update of Chan et al.

    Centring each batch before its product keeps a large common offset out of the squares.
    """

    def __init__(self, n_features: int) -> None:
        self.n_samples = 0
        self._mean = torch.zeros(n_features, dtype=torch.float64)
        self._scatter = torch.zeros(n_features, n_features, dtype=torch.float64)

    def update(self, rows: Tensor) -> None:
        """Add float64 rows [b, D]."""
        if not len(rows):
            return
        mean = rows.mean(dim=0)
        centred = rows - mean
        for start in range(0, len(mean), _BLOCK):
            strip = self._scatter[start : start + _BLOCK, start:]
            strip.addmm_(centred[:, start : start + _BLOCK].T, centred[:, start:])
        self._combine(len(rows), mean)

    def merge(self, other: "FloatMoments") -> None:
        """Add the moments of other rows."""
        if other.n_samples:
            self._scatter += other._scatter
            self._combine(other.n_samples, other._mean)

    def _combine(self, n_new: int, mean: Tensor) -> None:
        shift = mean - self._mean
        n_total = self.n_samples + n_new
        weight = self.n_samples * n_new / n_total
        for start in range(0, len(mean), _BLOCK):
            strip = self._scatter[start : start + _BLOCK, start:]
            strip.addr_(shift[start : start + _BLOCK], shift[start:], alpha=weight)
        self._mean += shift * (n_new / n_total)
        self.n_samples = n_total

    def covariance(self) -> Tensor:
        """Return the covariance [D, D] (divisor S - 1) in float64, from the upper triangle."""
        out = torch.empty_like(self._scatter)
        for start in range(0, len(out), _BLOCK):
            stop = start + _BLOCK
            strip = self._scatter[start:stop, start:] / (self.n_samples - 1)
            corner = strip[:, : strip.shape[0]]
            corner.copy_(corner.triu() + corner.triu(1).T)
            out[start:stop, start:] = strip
            out[stop:, start:stop] = strip[:, strip.shape[0] :].T
        return out

    def mean(self) -> Tensor:
        """Return the mean of each feature."""
        return self._mean.clone()


def float_gram(rows: Tensor) -> Tensor:
    """Return the inner products [S, S] of rows about their mean, in float64."""
    out = torch.zeros(len(rows), len(rows), dtype=torch.float64)
    for block in torch.split(rows, _BLOCK, dim=1):
        centred = block.double()
        centred = centred - centred.mean(dim=0)
        out.addmm_(centred, centred.T)
    return out
