"""Scatter matrix about the mean, held through its products with fixed random vectors."""

import math
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AnyArray, InputError, NumericsError
from spikedim.dimension._nystrom import blocks
from spikedim.dimension._sketch_plan import TEST_VECTORS, SketchSettings
from spikedim.dimension._test_matrix import gaussian_vectors, sketch_matrix

__all__ = ["Scatter"]

_PRODUCT_BLOCK = 16384
# Products of squares with 8-bit vectors, summed over all features, must stay finite.
_RANGE = {"float32": 1e30, "float64": 1e140}


@final
class Scatter:
    """Products of the scatter matrix A with `omega` [D, k] and `tests`, and its exact trace.

    Each batch enters as its centred rows and one row for the difference of means (the update of
    Chan, Golub and LeVeque), a block of features at a time. Everything is in raw units.
    """

    def __init__(self, settings: SketchSettings) -> None:
        wide, dtype = settings.n_features, getattr(torch, settings.dtype)
        self.n_samples = 0
        self.trace = 0.0
        self.mean = np.zeros(wide)
        self.minimum = np.full(wide, np.inf)
        self.maximum = np.full(wide, -np.inf)
        self.product = torch.zeros(wide, settings.rank + TEST_VECTORS, dtype=dtype)
        self.omega = torch.from_numpy(sketch_matrix(wide, settings.rank, seed=settings.seed))
        tests = gaussian_vectors(wide, TEST_VECTORS, seed=settings.seed)
        self.tests = torch.from_numpy(tests).to(dtype)
        self._limit = _RANGE[settings.dtype]
        self._dtype = settings.dtype

    def absorb(self, rows: AnyArray) -> None:
        """Add rows that are few enough to copy."""
        count, wide = rows.shape
        centred = torch.empty(count + 1, wide, dtype=self.product.dtype)
        mean, low, high = (np.empty(wide) for _ in range(3))
        squares = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for block in blocks(wide):
                part = rows[:, block].astype(np.float64)
                part.mean(axis=0, out=mean[block])
                part.min(axis=0, out=low[block])
                part.max(axis=0, out=high[block])
                part -= mean[block]
                squares += float(np.einsum("sd,sd->", part, part))
                centred[:count, block] = torch.from_numpy(part)
        if not squares < self._limit:
            raise NumericsError(
                f"CovarianceSketch.update: `batch` must have squares below {self._limit:g} in "
                f"{self._dtype}; got a sum of {squares:g}. Divide the samples by their largest "
                "value."
            )
        shift = self._join(count, mean, low, high)
        centred[count] = torch.from_numpy(shift)
        self._add_products(centred)
        self.trace += squares + float(shift @ shift)

    def merge(self, other: "Scatter") -> None:
        """Add the scatter of at least one other row."""
        shift = self._join(other.n_samples, other.mean, other.minimum, other.maximum)
        self._add_products(torch.from_numpy(shift)[None].to(self.product.dtype))
        for block in blocks(len(self.product), _PRODUCT_BLOCK):
            self.product[block] += other.product[block]
        self.trace += other.trace + float(shift @ shift)

    def check(self, *, caller: str) -> None:
        """Raise an error unless there is a spectrum to compute."""
        if self.n_samples < 2:
            raise InputError(
                f"{caller}: the sketch must have at least 2 samples; got {self.n_samples}. "
                "Call `update` first."
            )
        if np.array_equal(self.minimum, self.maximum):
            raise InputError(
                f"{caller}: the samples must vary; got {self.n_samples} equal ones. "
                "A constant has no dimension."
            )
        limit, entries = self._limit, self.n_samples * len(self.mean)
        if not 1 / limit < self.trace / entries < self.trace < limit:
            raise NumericsError(
                f"{caller}: the squared deviations must lie within {1 / limit:g} and {limit:g} in "
                f"{self._dtype}; got {self.trace:g} for {entries} entries. Rescale the samples."
            )

    def _join(self, count: int, mean: AnyArray, low: AnyArray, high: AnyArray) -> AnyArray:
        """Update counts, means and ranges; return the row that stands for the shift of means."""
        shift, total = mean - self.mean, self.n_samples + count
        row: AnyArray = shift * math.sqrt(self.n_samples * count / total)
        self.mean += shift * (count / total)
        np.minimum(self.minimum, low, out=self.minimum)
        np.maximum(self.maximum, high, out=self.maximum)
        self.n_samples = total
        return row

    def _add_products(self, rows: Tensor) -> None:
        """Add rows' rows [omega, tests] to the product, a block of features at a time."""
        seen = torch.zeros(len(rows), self.product.shape[1], dtype=rows.dtype)
        for block in blocks(len(self.product), _PRODUCT_BLOCK):
            vectors = torch.cat([self.omega[block].to(rows.dtype), self.tests[block]], dim=1)
            seen.addmm_(rows[:, block], vectors)
        for block in blocks(len(self.product), _PRODUCT_BLOCK):
            self.product[block].addmm_(rows[:, block].T, seen)
