"""Mean square and variance of outputs without keeping them."""

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

__all__ = ["OutputSums"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
class OutputSums:
    """Sums over samples of outputs.

    Parameters
    ----------
    keep : bool
        Whether the outputs themselves are wanted.
    """

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self.kept: list[Array] = []
        self.count = 0
        self.squares = 0.0
        self.apart = 0.0
        self.first = torch.zeros(0)
        self.moved = torch.zeros(0)

    def add(self, outputs: Tensor) -> None:
        """Add outputs [B, m]."""
        found = outputs.detach().double().cpu()
        if not self.count:
            self.first, self.moved = found[0].clone(), torch.zeros_like(found[0])
        self.count += len(found)
        self.squares += float(found.square().sum())
        found_apart = found - self.first
        self.apart += float(found_apart.square().sum())
        self.moved += found_apart.sum(dim=0)
        if self.keep:
            self.kept.append(np.asarray(found.numpy()))

    @property
    def reference(self) -> Array:
        """Outputs [S, m], or [S, 0] if they were not kept."""
        return np.concatenate(self.kept) if self.keep else np.zeros((self.count, 0))

    @property
    def mean_square(self) -> float:
        """Mean squared length."""
        return self.squares / self.count

    @property
    def variance(self) -> float:
        """Trace of the covariance over samples."""
        mean = self.moved / self.count
        return max(self.apart / self.count - float(mean.square().sum()), 0.0)
