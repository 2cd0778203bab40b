"""A second pass over the samples: Rayleigh-Ritz on the captured subspace, with its residual."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from spikedim._core import AnyArray, InputError, NumericsError
from spikedim.dimension._nystrom import Captured, Nystrom, blocks, bound_residual

__all__ = ["rayleigh_ritz", "subspace"]

_SAME_TRACE = 1e-3


def subspace(product: Tensor, omega: Tensor, fit: Nystrom) -> Tensor:
    """Return the nearly orthonormal basis [D, p] of the Nystroem approximation, block by block."""
    basis = torch.empty(len(product), fit.transform.shape[1], dtype=product.dtype)
    for rows in blocks(len(product)):
        shifted = torch.add(
            product[rows, : omega.shape[1]].double(), omega[rows].double(), alpha=fit.shift
        )
        basis[rows] = (shifted @ fit.transform).to(basis.dtype)
    return basis


def rayleigh_ritz(
    batches: Iterable[AnyArray],
    *,
    basis: Tensor,
    mean: AnyArray,
    tests: Tensor,
    images: Tensor,
    n_samples: int,
    trace: float,
) -> Captured:
    """Compress the scatter matrix A exactly to the span of `basis`.

    With Q orthonormal, B = Q'AQ and P = 1 - QQ', the test vectors t (`images` = A t) give
    |A|_F^2 = |B|_F^2 + |Q'AP|_F^2 + |PA|_F^2 and bound |PAP| by |PA|. Sums are in float64; the
    basis need not be exactly orthonormal, since its Gram matrix is taken into account.
    """
    compressed, fourth = _second_pass(batches, basis, mean, n_samples, trace)
    width, count = basis.shape[1], tests.shape[1]
    overlap = torch.zeros(width, width, dtype=torch.float64)
    cross = torch.zeros(width, 2 * count, dtype=torch.float64)
    norms = torch.zeros(count, dtype=torch.float64)
    for rows in blocks(len(basis)):
        block, image = basis[rows].double(), images[rows].double()
        overlap.addmm_(block.T, block)
        cross.addmm_(block.T, torch.cat([tests[rows].double(), image], dim=1))
        norms += image.square().sum(dim=0)
    factor, failed = torch.linalg.cholesky_ex(overlap)
    if failed:
        raise NumericsError(
            "CovarianceSketch.spectrum: the basis of the second pass is not independent. "
            "Ask for a smaller rank."
        )
    half = torch.linalg.solve_triangular(factor, compressed, upper=False)
    compressed = torch.linalg.solve_triangular(factor, half.T, upper=False)
    seen, image = torch.linalg.solve_triangular(factor, cross, upper=False).chunk(2, dim=1)
    values = torch.linalg.eigvalsh((compressed + compressed.T) / 2).flip(0).clamp_min(0)
    norm, frobenius, outside = bound_residual(norms - image.square().sum(dim=0), norms, basis.dtype)
    coupling = float((image - compressed @ seen).square().sum(dim=0).mean())
    squared = float(values.square().sum()) + coupling + outside
    return Captured(values.numpy(), norm, frobenius, squared, fourth)


def _second_pass(
    batches: Iterable[AnyArray], basis: Tensor, mean: AnyArray, n_samples: int, trace: float
) -> tuple[Tensor, float]:
    """Return (X - mean) basis squared, and the mean fourth power of the distance to the mean."""
    width = basis.shape[1]
    compressed = torch.zeros(width, width, dtype=torch.float64)
    seen, total, fourth = 0, 0.0, 0.0
    for batch in batches:
        scores = torch.zeros(len(batch), width, dtype=basis.dtype)
        squares = torch.zeros(len(batch), dtype=torch.float64)
        for rows in blocks(len(basis)):
            centred = torch.from_numpy(batch[:, rows] - mean[rows])
            squares += centred.square().sum(dim=1)
            scores.addmm_(centred.to(basis.dtype), basis[rows])
        precise = scores.double()
        compressed.addmm_(precise.T, precise)
        seen, total = seen + len(batch), total + float(squares.sum())
        fourth += float(squares.square().sum())
    if seen != n_samples or not math.isclose(total, trace, rel_tol=_SAME_TRACE):
        raise InputError(
            "CovarianceSketch.spectrum: `stream` must yield the samples that were sketched; got "
            f"{seen} samples with scatter {total:.6g} instead of {n_samples} with {trace:.6g}. "
            "Leave `stream` out to use one pass."
        )
    return compressed, fourth / n_samples
