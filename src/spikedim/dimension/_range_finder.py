"""Further passes over the samples: a better subspace, and Rayleigh-Ritz with its residual."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from spikedim._core import AnyArray, InputError, NumericsError
from spikedim.dimension._nystrom import Captured, Nystrom, blocks, bound_residual, nystrom

__all__ = ["refine"]

_SAME_TRACE = 1e-6
_ENOUGH = 0.999


def refine(
    read: Callable[[str], Iterable[AnyArray]],
    fit: Nystrom,
    *,
    product: Tensor,
    omega: Tensor,
    tests: Tensor,
    mean: AnyArray,
    n_samples: int,
    trace: float,
    passes: int,
) -> Captured:
    """Improve a first `fit` by one more pass, or by two where it holds less than 99.9 %.

    `read` starts a pass under a description for the user.
    """
    images = product[:, omega.shape[1] :]
    basis = subspace(product, omega, fit)
    done = 2
    if passes > 2 and fit.captured.eigenvalues.sum() < _ENOUGH * trace:
        again = power(read("Improving the subspace"), basis=basis, mean=mean, images=images)
        basis = subspace(again, basis, nystrom(again, basis, tests), out=basis)
        done = 3
        # A matrix of the size of the sketch, not needed in the last pass.
        del again
    captured = rayleigh_ritz(
        read("Certifying the spectrum"),
        basis=basis,
        mean=mean,
        tests=tests,
        images=images,
        n_samples=n_samples,
        trace=trace,
    )
    return replace(captured, passes=done)


def subspace(product: Tensor, omega: Tensor, fit: Nystrom, *, out: Tensor | None = None) -> Tensor:
    """Return the nearly orthonormal basis [D, p] of the Nystroem approximation, block by block.

    `out` may be `omega` itself.
    """
    rank, width = fit.transform.shape
    basis = torch.empty(len(product), width, dtype=product.dtype) if out is None else out[:, :width]
    for rows in blocks(len(product)):
        left = omega[rows].double()
        shifted = torch.add(product[rows, :rank].double(), left, alpha=fit.shift)
        basis[rows] = (shifted @ fit.transform).to(basis.dtype)
    return basis


def power(batches: Iterable[AnyArray], *, basis: Tensor, mean: AnyArray, images: Tensor) -> Tensor:
    """Return A [basis, tests] from another pass, where `images` = A tests is known."""
    product = torch.zeros(len(basis), basis.shape[1] + images.shape[1], dtype=basis.dtype)
    width = basis.shape[1]
    for part in _score(batches, (basis,), mean):
        for rows in blocks(len(basis)):
            product[rows, :width].addmm_(part.centred[:, rows].T, part.scores)
    product[:, width:] = images
    return product


class _Scores(NamedTuple):
    """A centred batch, its products with some columns, and the squared length of its rows."""

    centred: Tensor
    scores: Tensor
    squares: Tensor


def _score(
    batches: Iterable[AnyArray], columns: tuple[Tensor, ...], mean: AnyArray
) -> Iterator[_Scores]:
    """Yield every batch about the mean with its scores, in the precision of `columns`."""
    dtype = columns[0].dtype
    for batch in batches:
        centred = torch.empty(batch.shape, dtype=dtype)
        squares = torch.zeros(len(batch), dtype=torch.float64)
        scores = [torch.zeros(len(batch), matrix.shape[1], dtype=dtype) for matrix in columns]
        for rows in blocks(len(mean)):
            part = torch.from_numpy(batch[:, rows] - mean[rows])
            squares += part.square().sum(dim=1)
            centred[:, rows] = part
            for score, matrix in zip(scores, columns, strict=True):
                score.addmm_(centred[:, rows], matrix[rows])
        yield _Scores(centred, torch.cat(scores, dim=1), squares)


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
    """Compress the scatter matrix A exactly to the span of `basis`, and bound the rest.

    With Q orthonormal and P = 1 - QQ', the test vectors t (`images` = A t) are applied to the
    rest three times: Q'AP t measures the coupling C, PA t bounds G = PAP in Frobenius norm, and
    PA(PA t), from this pass, bounds |G|^2 with far less loss than PA t bounds |G|. Sums are in
    float64; the basis need not be exactly orthonormal, since its Gram matrix is used.
    """
    basis_of = _Basis(basis)
    norms = _squares(images)
    seen, image = basis_of.coordinates(tests), basis_of.coordinates(images)
    outside = basis_of.complement(images, image)
    # Lengths of A(A t) would overflow float32; lengths of A(A t / |A t|) do not.
    unit = float(norms.max()) ** 0.5
    outside /= unit
    found = _last_pass(batches, basis, outside, mean)
    if found.n_samples != n_samples or not math.isclose(found.trace, trace, rel_tol=_SAME_TRACE):
        raise InputError(
            "CovarianceSketch.spectrum: `stream` must yield the samples that were sketched; got "
            f"{found.n_samples} samples with scatter {found.trace:.6g} instead of {n_samples} "
            f"with {trace:.6g}. Leave `stream` out to use one pass."
        )
    half = basis_of.whiten(found.compressed)
    compressed = basis_of.whiten(half[:, : basis.shape[1]].T)
    values = torch.linalg.eigvalsh((compressed + compressed.T) / 2).flip(0).clamp_min(0)

    dtype = basis.dtype
    norm, frobenius, squares = bound_residual(norms - _squares(image), norms, dtype)
    again = _squares(found.images)
    # ||G PA|| >= ||G||^2, so the square root of a bound on the former bounds ||G||.
    second, _, _ = bound_residual(again - _squares(half[:, basis.shape[1] :]), again, dtype)
    _, coupling, coupled = bound_residual(_squares(image - compressed @ seen), norms, dtype)
    return Captured(
        eigenvalues=values.numpy(),
        residual_norm=min(norm, math.sqrt(second * unit)),
        residual_frobenius=frobenius,
        squared_norm=float(values.square().sum()) + coupled + squares,
        coupling=coupling,
        fourth_moment=found.fourth / n_samples,
    )


def _squares(columns: Tensor) -> Tensor:
    """Return the squared length of each column, summed in float64."""
    total = torch.zeros(columns.shape[1], dtype=torch.float64)
    for rows in blocks(len(columns)):
        total += columns[rows].double().square().sum(dim=0)
    return total


class _Basis:
    """Coordinates in the orthonormal basis Q = basis L'^-1, where LL' is the Gram matrix."""

    def __init__(self, basis: Tensor) -> None:
        self._basis = basis
        overlap = torch.zeros(basis.shape[1], basis.shape[1], dtype=torch.float64)
        for rows in blocks(len(basis)):
            block = basis[rows].double()
            overlap.addmm_(block.T, block)
        self._factor, failed = torch.linalg.cholesky_ex(overlap)
        if failed:
            raise NumericsError(
                "CovarianceSketch.spectrum: the basis of the last pass is not independent. "
                "Ask for a smaller rank."
            )

    def whiten(self, inner: Tensor) -> Tensor:
        """Return Q'v from inner products of v with the basis."""
        out: Tensor = torch.linalg.solve_triangular(self._factor, inner, upper=False)
        return out

    def coordinates(self, columns: Tensor) -> Tensor:
        """Return Q' columns."""
        inner = torch.zeros(self._basis.shape[1], columns.shape[1], dtype=torch.float64)
        for rows in blocks(len(columns)):
            inner.addmm_(self._basis[rows].double().T, columns[rows].double())
        return self.whiten(inner)

    def complement(self, columns: Tensor, coordinates: Tensor) -> Tensor:
        """Return columns - Q coordinates."""
        weights = torch.linalg.solve_triangular(self._factor.T, coordinates, upper=True)
        out = torch.empty_like(columns)
        for rows in blocks(len(columns)):
            inside = self._basis[rows].double() @ weights
            out[rows] = (columns[rows].double() - inside).to(out.dtype)
        return out


class _Pass(NamedTuple):
    """Sums over the centred samples X: basis'X'X[basis, outside], X'X outside, and norms."""

    compressed: Tensor
    images: Tensor
    n_samples: int
    trace: float
    fourth: float


def _last_pass(
    batches: Iterable[AnyArray], basis: Tensor, outside: Tensor, mean: AnyArray
) -> _Pass:
    """Read all samples once more."""
    width, count = basis.shape[1], outside.shape[1]
    compressed = torch.zeros(width, width + count, dtype=torch.float64)
    images = torch.zeros_like(outside)
    seen, trace, fourth = 0, 0.0, 0.0
    for part in _score(batches, (basis, outside), mean):
        for rows in blocks(len(basis)):
            images[rows].addmm_(part.centred[:, rows].T, part.scores[:, width:])
        precise = part.scores.double()
        compressed.addmm_(precise[:, :width].T, precise)
        seen, trace = seen + len(precise), trace + float(part.squares.sum())
        fourth += float(part.squares.square().sum())
    return _Pass(compressed, images, seen, trace, fourth)
