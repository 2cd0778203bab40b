"""How much of unseen rates lies along directions found in others: cross-validation."""

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Found", "flat_directions", "token_directions"]

_FOLDS = 4
_SAMPLES = 16  # of which float64 copies are made at once
_ROUNDING = 1e-10


class Found(NamedTuple):
    """Directions of samples, leading first.

    `variance` [k] in the samples, `total` over all directions. `signal` [r] in samples left out,
    of the r <= k directions that three quarters of the samples have, `rest` in those beyond them.
    For the flat form `basis` [S, k] are weights of the centred samples, otherwise [d, k].
    """

    basis: Tensor
    variance: Tensor
    total: float
    signal: Tensor
    rest: float


def flat_directions(gram: Tensor, rank: int | None) -> Found:
    """Return directions of samples known by their Gram matrix [S, S] about any point."""
    count = len(gram)
    every = torch.arange(count, device=gram.device)
    about_mean = _centred(gram, every, every)
    basis, variance = _leading(about_mean, rank)
    squares, left = [], 0.0
    for fold in range(min(_FOLDS, count)):
        out = every[fold::_FOLDS]
        kept = every[~torch.isin(every, out)]
        inner, _ = _leading(_centred(gram, kept, kept), len(variance))
        squares.append((_centred(gram, out, kept) @ inner).square().sum(dim=0))
        cross = gram[out][:, kept].mean(dim=1)
        left += float((gram[out, out] - 2 * cross + gram[kept][:, kept].mean()).sum())
    known = min(len(square) for square in squares)
    signal = torch.stack([square[:known] for square in squares]).sum(dim=0)
    total = float(about_mean.trace()) / (count - 1)
    return _found(basis, variance, total, signal / count, left / count)


def token_directions(rates: Tensor, rank: int | None) -> Found:
    """Return directions of features of samples [S, n, d] about the mean of each place."""
    count, places, _ = rates.shape
    parts = [rates[fold::_FOLDS] for fold in range(min(_FOLDS, count))]
    sums = [part.sum(dim=0, dtype=torch.float64) for part in parts]
    squares = [_scatter(part) for part in parts]
    all_sums, all_squares = torch.stack(sums).sum(dim=0), torch.stack(squares).sum(dim=0)
    scatter = all_squares - all_sums.T @ all_sums / count
    total = float(scatter.trace()) / ((count - 1) * places)
    basis, variance = _principal(scatter / ((count - 1) * places), rank)
    signal, left = torch.zeros_like(variance), 0.0
    for part, own, square in zip(parts, sums, squares, strict=True):
        seen = (all_sums - own) / (count - len(part))
        inner, _ = _principal(
            all_squares - square - (count - len(part)) * seen.T @ seen, len(variance)
        )
        cross = own.T @ seen
        out = square - cross - cross.T + len(part) * seen.T @ seen
        signal += torch.einsum("ai,ab,bi->i", inner, out, inner)
        left += float(out.trace())
    return _found(basis, variance, total, signal / (count * places), left / (count * places))


def _found(basis: Tensor, variance: Tensor, total: float, signal: Tensor, left: float) -> Found:
    """Return directions, with what rounding made negative at 0."""
    rest = max(left - float(signal.sum()), 0.0)
    return Found(basis, variance, total, signal.clamp_min(0), rest)


def _scatter(rates: Tensor) -> Tensor:
    """Return the second moments [d, d] of all tokens, summed."""
    total = torch.zeros(rates.shape[2], rates.shape[2], dtype=torch.float64, device=rates.device)
    for start in range(0, len(rates), _SAMPLES):
        rows = rates[start : start + _SAMPLES].double().flatten(0, 1)
        total.addmm_(rows.T, rows)
    return total


def _centred(gram: Tensor, rows: Tensor, about: Tensor) -> Tensor:
    """Return inner products of samples `rows` with those of `about`, about the mean of these."""
    inner = gram[rows][:, about]
    means = gram[about][:, about].mean(dim=0)
    return inner - inner.mean(dim=1, keepdim=True) - means + means.mean()


def _leading(gram: Tensor, rank: int | None) -> tuple[Tensor, Tensor]:
    """Return weights [S, k] that make centred samples orthonormal directions, and variances."""
    values, vectors = torch.linalg.eigh(gram)
    values, vectors = values.flip(0)[:rank], vectors.flip(1)[:, :rank]
    kept = values > max(_ROUNDING * len(gram) * float(gram.trace()), 1e-300)
    values, vectors = values[kept], vectors[:, kept]
    return vectors / values.sqrt(), values / max(len(gram) - 1, 1)


def _principal(covariance: Tensor, rank: int | None) -> tuple[Tensor, Tensor]:
    """Return directions [d, k] and variances of a covariance."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors.flip(1)[:, :rank], values.flip(0)[:rank].clamp_min(0)
