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
    coupling: float | None = None
    fourth_moment: float | None = None
    passes: int = 1


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
    column_norm = _total_square(omega) / rank
    squares = _total_square(product[:, :rank])
    # Rounding errors of the product are nearly independent, so omega'W has a spectral norm of
    # error about column_norm times this; a larger shift would cost small eigenvalues.
    noise = torch.finfo(product.dtype).eps * (squares / column_norm / len(omega)) ** 0.5
    shift = 16 * noise

    values, vectors = torch.linalg.eigh(_core(product, omega, shift))
    # Directions below the rounding noise are dropped; fewer columns are still a lower bound.
    kept = values > max(
        0.25 * shift * column_norm, rank * torch.finfo(torch.float64).eps * float(values[-1])
    )
    whiten = vectors[:, kept] * values[kept].rsqrt()
    gram, cross, norms = _whitened(product, omega, tests, shift, whiten)
    values, vectors = torch.linalg.eigh(gram)
    values, vectors = values.flip(0), vectors.flip(1)
    solid = values > 8 * shift
    solid[0] = True
    turn = vectors[:, solid] * values[solid].rsqrt()
    values = (values[solid] - shift).clamp_min(0)

    seen, image = (turn.T @ cross).chunk(2, dim=1)
    captured = _captured(values, seen, image, norms, product.dtype)
    return Nystrom(captured, whiten @ turn, shift)


def _total_square(matrix: Tensor) -> float:
    """Return the squared Frobenius norm, summed in float64."""
    return sum(float(matrix[rows].double().square().sum()) for rows in blocks(len(matrix)))


def _shifted(product: Tensor, omega: Tensor, shift: float, rows: slice) -> tuple[Tensor, Tensor]:
    """Return some rows of omega and of W = product + shift * omega in float64."""
    left = omega[rows].double()
    return left, torch.add(product[rows, : omega.shape[1]].double(), left, alpha=shift)


def _core(product: Tensor, omega: Tensor, shift: float) -> Tensor:
    """Return omega'W."""
    core = torch.zeros(omega.shape[1], omega.shape[1], dtype=torch.float64)
    for rows in blocks(len(omega)):
        left, shifted = _shifted(product, omega, shift, rows)
        core.addmm_(left.T, shifted)
    return (core + core.T) / 2


def _whitened(
    product: Tensor, omega: Tensor, tests: Tensor, shift: float, whiten: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return E'E and E'[tests, A tests] for E = W whiten, and the squared norms of A tests.

    E is formed row by row, because whitening W'W instead would divide its rounding errors by
    the smallest values of the core.
    """
    gram = torch.zeros(whiten.shape[1], whiten.shape[1], dtype=torch.float64)
    cross = torch.zeros(whiten.shape[1], 2 * tests.shape[1], dtype=torch.float64)
    norms = torch.zeros(tests.shape[1], dtype=torch.float64)
    for rows in blocks(len(omega)):
        white = _shifted(product, omega, shift, rows)[1] @ whiten
        image = product[rows, omega.shape[1] :].double()
        gram.addmm_(white.T, white)
        cross.addmm_(white.T, torch.cat([tests[rows].double(), image], dim=1))
        norms += image.square().sum(dim=0)
    return gram, cross, norms


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

    The rounding of `dtype` relative to `scale` counts as residual, and so does that of the
    difference of squares, in float64, that `residual` is.
    """
    floor = max((4 * torch.finfo(dtype).eps) ** 2, 16 * torch.finfo(torch.float64).eps)
    squares = residual.clamp_min(0) + floor * scale
    mean, largest = float(squares.mean()), float(squares.max())
    count = len(squares)
    norm = norm_factor(count) * float(np.sqrt(largest))
    frobenius = frobenius_factor(count) * float(np.sqrt(mean))
    return min(norm, frobenius), frobenius, float(residual.clamp_min(0).mean())
