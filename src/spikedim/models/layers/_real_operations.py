"""Operations that stay real-valued between spiking populations, marked to be found."""

from abc import ABC
from typing import ClassVar, final

import torch
from torch import Tensor, nn

__all__ = [
    "AbstractRealOperation",
    "RealGELU",
    "RealLayerNorm",
    "RealLinear",
    "RealSoftmax",
]


class AbstractRealOperation(ABC):
    """Marks a module that neuromorphic hardware would have to run on real numbers.

    Attributes
    ----------
    kind : str
        What it computes.
    """

    kind: ClassVar[str]


@final
class RealSoftmax(nn.Module, AbstractRealOperation):
    """Softmax over the last axis."""

    kind = "softmax"

    def forward(self, x: Tensor) -> Tensor:
        """Return rows that sum to 1."""
        return torch.softmax(x, dim=-1)


@final
class RealLayerNorm(nn.LayerNorm, AbstractRealOperation):
    """Layer normalisation over the features."""

    kind = "layer_norm"


@final
class RealGELU(nn.GELU, AbstractRealOperation):
    """Gaussian error linear unit, exact form."""

    kind = "gelu"


@final
class RealLinear(nn.Linear, AbstractRealOperation):
    """Linear map whose results stay real: no neurons follow."""

    kind = "linear"
