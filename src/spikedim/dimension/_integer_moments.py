"""Exact second moments of 8-bit samples by int8 matrix products."""

from functools import cache
from typing import final

import torch
from torch import Tensor

__all__ = ["IntegerMoments", "integer_gram", "integer_product"]

_BLOCK = 512
# 131071 products of at most 128 * 128 stay below 2**31.
_SAFE_TERMS = 131_071
_CHUNK = 10_000
# The int8 product misreads an axis of size 1 (pytorch issue 195066) and pays only when large.
_SMALLEST_AXIS = 32


@final
class IntegerMoments:
    """Sum of outer products of int8 rows, upper block triangle only, free of rounding.

    Products accumulate in int32 for at most 131,071 rows, then in int64.
    """

    def __init__(self, n_features: int) -> None:
        self.n_samples = 0
        self.sums = torch.zeros(n_features, dtype=torch.int64)
        self._edges = [*range(0, n_features, _BLOCK), n_features]
        self._recent = [
            torch.zeros(stop - start, n_features - start, dtype=torch.int32)
            for start, stop in self._strips()
        ]
        self._total: list[Tensor] = []
        self._n_recent = 0

    def _strips(self) -> list[tuple[int, int]]:
        return list(zip(self._edges[:-1], self._edges[1:], strict=True))

    def update(self, rows: Tensor) -> None:
        """Add int8 rows [b, D]."""
        for chunk in torch.split(rows, _CHUNK):
            if self._n_recent + len(chunk) > _SAFE_TERMS:
                self._flush()
            for strip, (start, stop) in zip(self._recent, self._strips(), strict=True):
                strip += integer_product(chunk[:, start:stop].T, chunk[:, start:])
            # A product with ones sums columns 10x faster than an int64 reduction.
            ones = torch.ones(32, len(chunk), dtype=torch.int8)
            self.sums += integer_product(ones, chunk)[0]
            self._n_recent += len(chunk)
            self.n_samples += len(chunk)

    def _flush(self) -> None:
        if not self._total:
            self._total = [torch.zeros_like(s, dtype=torch.int64) for s in self._recent]
        for total, strip in zip(self._total, self._recent, strict=True):
            total += strip
            strip.zero_()
        self._n_recent = 0

    def merge(self, other: "IntegerMoments") -> None:
        """Add the moments of other rows."""
        self._flush()
        other._flush()
        for mine, theirs in zip(self._total, other._total, strict=True):
            mine += theirs
        self.sums += other.sums
        self.n_samples += other.n_samples

    def covariance(self) -> Tensor:
        """Return the covariance [D, D] (divisor S - 1) in float64.

        n * sum(x x') - sum(x) sum(x)' is exact below 1.6e7 rows, so that a constant feature has
        variance exactly 0; the only rounding is the final division.
        """
        n, d = self.n_samples, len(self.sums)
        largest = (n * 128) ** 2
        # float64 is exact below 2**53 and faster than int64.
        kind = torch.int64 if 2**53 <= largest < 2**62 else torch.float64
        sums = self.sums.to(kind)
        out = torch.empty(d, d, dtype=torch.float64)
        for k, (start, stop) in enumerate(self._strips()):
            moment = self._recent[k].to(kind)
            if self._total:
                moment += self._total[k]
            moment *= n
            moment.addr_(sums[start:stop], sums[start:], alpha=-1)
            strip = moment.double().div_(n * (n - 1))
            out[start:stop, start:] = strip
            out[stop:, start:stop] = strip[:, stop - start :].T
        return out

    def mean(self) -> Tensor:
        """Return the mean of each feature, float64."""
        return self.sums.double() / self.n_samples


def integer_gram(rows: Tensor) -> Tensor:
    """Return the inner products [S, S] of int8 rows, exact, in float64."""
    out = torch.zeros(len(rows), len(rows), dtype=torch.float64)
    for block in torch.split(rows, _SAFE_TERMS, dim=1):
        out += integer_product(block, block.T)
    return out


def integer_product(left: Tensor, right: Tensor) -> Tensor:
    """Return the exact int32 product of two int8 matrices (inner size <= 131,071)."""
    smallest = min(*left.shape, *right.shape)
    if smallest >= _SMALLEST_AXIS and _has_exact_int8_product():
        return torch._int_mm(left, right)
    # float64 holds every integer below 2**53.
    return (left.double() @ right.double()).to(torch.int32)


@cache
def _has_exact_int8_product() -> bool:
    """Try the extremes once, in the layouts used here.

    Processors without 8-bit dot products saturate inside oneDNN (pytorch issue 136746).
    """
    if not hasattr(torch, "_int_mm"):
        return False
    rows = torch.full((96, 80), -128, dtype=torch.int8)
    rows[:, ::3] = 127
    try:
        wide = torch._int_mm(rows[:, 8:48].T, rows[:, 8:])
        tall = torch._int_mm(rows, rows.T)
    except (RuntimeError, NotImplementedError):
        return False
    exact = rows.double()
    return torch.equal(wide.double(), exact[:, 8:48].T @ exact[:, 8:]) and torch.equal(
        tall.double(), exact @ exact.T
    )
