"""What one pass knows of a covariance: its Nystroem approximation and the size of the rest."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AnyArray
from spikedim.dimension._certificate import frobenius_factor, norm_factor

__all__ = ["ROW_BLOCK", "Captured", "Nystrom", "blocks", "bound_residual", "nystrom"]

ROW_BLOCK = 4096


@final
@dataclass(frozen=True)
class Captured:
    """The part of a positive semidefinite matrix that a sketch has captured."""

    eigenvalues: AnyArray
    residual_norm: float
    residual_frobenius: float
    squared_norm: float
    fourth_moment: float | None = None


@final
@dataclass(frozen=True)
class Nystrom:
    """Approximation V diag(values) V' with V = (product + shift * omega) @ transform."""

    captured: Captured
    transform: Tensor
    shift: float


def blocks(size: int, width: int = ROW_BLOCK) -> list[slice]:
    """Cut `size` rows into slices of at most `width`."""
    return [slice(start, min(start + width, size)) for start in range(0, size, width)]


def nystrom(product: Tensor, omega: Tensor, tests: Tensor) -> Nystrom:
    """Approximate A from product = A [omega, tests], shifted by a multiple of the identity.

    The shift makes the inverse stable and its effect is taken off again: Tropp, Yurtsever, Udell
    and Cevher, "Fixed-rank approximation of a positive-semidefinite matrix from streaming data",
    2017, algorithm 3. Eigenvalues are those of a k x k matrix, so that no second matrix of the
    size of `product` is needed; sums over features are in float64.
    """
    rank = omega.shape[1]
    column_norm = float(omega[: min(len(omega), ROW_BLOCK)].double().square().sum())
    column_norm *= len(omega) / min(len(omega), ROW_BLOCK) / rank
    squares = sum(
        float(product[rows, :rank].double().square().sum()) for rows in blocks(len(omega))
    )
    shift = 4 * torch.finfo(product.dtype).eps * (squares / column_norm) ** 0.5
    core, gram, cross, norms = _moments(product, omega, tests, shift)

    values, vectors = torch.linalg.eigh((core + core.T) / 2)
    # Directions below the rounding noise are dropped; fewer columns are still a lower bound.
    kept = values > max(
        0.25 * shift * column_norm, rank * torch.finfo(torch.float64).eps * float(values[-1])
    )
    whiten = vectors[:, kept] * values[kept].rsqrt()
    values, vectors = torch.linalg.eigh(_symmetric(whiten.T @ gram @ whiten))
    values, vectors = values.flip(0), vectors.flip(1)
    solid = values > 8 * shift
    solid[0] = True
    transform = (whiten @ vectors)[:, solid] * values[solid].rsqrt()
    values = (values[solid] - shift).clamp_min(0)

    seen, image = (transform.T @ cross).chunk(2, dim=1)
    return Nystrom(_captured(values, seen, image, norms, product.dtype), transform, shift)


def _symmetric(matrix: Tensor) -> Tensor:
    return (matrix + matrix.T) / 2


def _moments(
    product: Tensor, omega: Tensor, tests: Tensor, shift: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sum omega'W, W'W, W'[tests, A tests] and the squared norms of A tests; W is shifted."""
    rank, count = omega.shape[1], tests.shape[1]
    core, gram = (torch.zeros(rank, rank, dtype=torch.float64) for _ in range(2))
    cross = torch.zeros(rank, 2 * count, dtype=torch.float64)
    norms = torch.zeros(count, dtype=torch.float64)
    for rows in blocks(len(omega)):
        test, image = tests[rows].double(), product[rows, rank:].double()
        left = omega[rows].double()
        shifted = torch.add(product[rows, :rank].double(), left, alpha=shift)
        core.addmm_(left.T, shifted)
        gram.addmm_(shifted.T, shifted)
        cross.addmm_(shifted.T, torch.cat([test, image], dim=1))
        norms += image.square().sum(dim=0)
    return core, gram, cross, norms


def _captured(
    values: Tensor, seen: Tensor, image: Tensor, norms: Tensor, dtype: torch.dtype
) -> Captured:
    """Bound the residual E = A - V diag(values) V' by its action on the test vectors."""
    weighted = values[:, None] * seen
    known = weighted.square().sum(dim=0)
    mixed = (weighted * image).sum(dim=0)
    residual = norms - 2 * mixed + known
    norm, frobenius, squares = bound_residual(residual, norms, dtype)
    squared = float(values.square().sum() + 2 * (mixed - known).mean()) + squares
    return Captured(values.numpy(), norm, frobenius, max(squared, float(values.square().sum())))


def bound_residual(
    residual: Tensor, scale: Tensor, dtype: torch.dtype
) -> tuple[float, float, float]:
    """Return bounds on the norms of E from ``|E w|^2`` and the mean of those squares.

    The rounding of `dtype` relative to `scale` counts as residual.
    """
    squares = residual.clamp_min(0) + (4 * torch.finfo(dtype).eps) ** 2 * scale
    mean, largest = float(squares.mean()), float(squares.max())
    count = len(squares)
    norm = norm_factor(count) * float(np.sqrt(largest))
    frobenius = frobenius_factor(count) * float(np.sqrt(mean))
    return min(norm, frobenius), frobenius, float(residual.clamp_min(0).mean())
