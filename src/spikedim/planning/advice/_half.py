"""Half of the samples, with the answers that errors are measured against."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AnyArray, FloatArray

__all__ = ["Half", "deal"]


@final
@dataclass(frozen=True, eq=False)
class Half:
    """Samples that run together, batch by batch.

    Parameters
    ----------
    name : str
        ``"calibration"`` or ``"held out"``.
    number : int
        Keeps its random codes apart from those of the other half.
    inputs, targets : tuple of Tensor
        Batches [B, ...] and [B].
    references : tuple of Tensor
        Outputs [B, C] that errors are measured against.
    """

    name: str
    number: int
    inputs: tuple[Tensor, ...]
    targets: tuple[Tensor, ...]
    references: tuple[Tensor, ...]

    def __len__(self) -> int:
        """Return how many samples there are."""
        return sum(len(x) for x in self.inputs)

    def batches(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield inputs, targets and references."""
        return zip(self.inputs, self.targets, self.references, strict=True)

    @property
    def reference(self) -> FloatArray:
        """References of all samples, [S, C]."""
        return np.asarray(torch.cat(self.references).double().cpu().numpy())

    @property
    def reference_right(self) -> FloatArray:
        """Which samples the reference answers right, [S]."""
        right = torch.cat(self.references).argmax(dim=1) == torch.cat(self.targets)
        return np.asarray(right.double().cpu().numpy())

    @property
    def reference_accuracy(self) -> float:
        """Share of right answers of the reference."""
        return float(self.reference_right.mean())

    @property
    def reference_variance(self) -> float:
        """Trace of the covariance of the references over samples."""
        return float(self.reference.var(axis=0).sum())

    @property
    def reference_mean_square(self) -> float:
        """Mean squared length of the references."""
        return float(np.square(self.reference).sum(axis=1).mean())


def deal(count: int) -> tuple[AnyArray, AnyArray]:
    """Return the places of two halves, every second one each, so that both see every class."""
    places = np.arange(count)
    return places[::2], places[1::2]
