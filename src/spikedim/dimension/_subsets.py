"""Random subsets and neighbourhoods of the samples: raw material of d(n) and of intervals."""

from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AnyArray
from spikedim.dimension._float_moments import float_gram
from spikedim.dimension._integer_moments import integer_gram
from spikedim.dimension._spectrum import SubsetSpectrum

__all__ = ["Pool", "centre_gram", "choose_pool", "descending", "subset_sizes"]

_NEIGHBOURS = 32
_CENTRES = 32


def choose_pool(
    n_groups: int, group_size: int, *, max_rows: int, generator: np.random.Generator
) -> AnyArray:
    """Return sorted row numbers of a uniform choice of whole groups, about `max_rows` rows."""
    wanted = min(n_groups, max(max_rows // group_size, 8))
    groups = np.sort(generator.choice(n_groups, wanted, replace=False))
    rows: AnyArray = (groups[:, None] * group_size + np.arange(group_size)).ravel()
    return rows


def subset_sizes(n_groups: int) -> list[int]:
    """Return growing subset sizes, factor 2, up to half of the groups; empty below 8 groups."""
    if n_groups < 8:
        return []
    sizes = [n_groups // 2]
    floor = 32 if sizes[0] >= 64 else 8
    while sizes[-1] // 2 >= floor:
        sizes.append(sizes[-1] // 2)
    return sizes[::-1]


def descending(symmetric: Tensor) -> AnyArray:
    """Return the eigenvalues of a positive semidefinite matrix, largest first, none negative."""
    values = torch.linalg.eigvalsh(symmetric, UPLO="U").clamp_(min=0)
    out: AnyArray = values.flip(-1).numpy()
    return out


def centre_gram(gram: Tensor) -> Tensor:
    """Return inner products about the mean row, from inner products about any point."""
    means = gram.mean(dim=-1, keepdim=True)
    return gram - means - means.mT + means.mean(dim=-2, keepdim=True)


@final
class Pool:
    """A bounded uniform choice of rows that stands for all of them.

    Parameters
    ----------
    rows : Tensor of shape [R, D]
        int8 (already shifted) or floating point.
    group_size : int
        Consecutive rows that belong to one sample; subsets hold whole groups.
    gram : Tensor of shape [R, R] or None
        Inner products about any point, if they are known already.
    """

    def __init__(self, rows: Tensor, *, group_size: int, gram: Tensor | None = None) -> None:
        self._rows = rows
        self._group_size = group_size
        self._gram = gram

    @property
    def n_groups(self) -> int:
        """Number of independent samples in the pool."""
        return len(self._rows) // self._group_size

    def inner_products(self) -> Tensor:
        """Return the Gram matrix [R, R] about some point, computed once."""
        if self._gram is None:
            eight_bit = self._rows.dtype == torch.int8
            self._gram = integer_gram(self._rows) if eight_bit else float_gram(self._rows)
        return self._gram

    def subsets(
        self, replicates: int, *, eigenvalues: bool, generator: np.random.Generator
    ) -> tuple[SubsetSpectrum, ...]:
        """Return spectra of random subsets: `replicates` of the largest size, fewer of others."""
        sizes = subset_sizes(self.n_groups)
        found = []
        for size in sizes if replicates else []:
            for _ in range(replicates if size == sizes[-1] else max(2, replicates // 4)):
                groups = generator.permutation(self.n_groups)[:size]
                rows = groups[:, None] * self._group_size + np.arange(self._group_size)
                part = self._subset(torch.from_numpy(rows.ravel()), eigenvalues=eigenvalues)
                if part is not None:
                    found.append(part)
        return tuple(found)

    def _subset(self, index: Tensor, *, eigenvalues: bool) -> SubsetSpectrum | None:
        n, d = len(index), self._rows.shape[1]
        if n <= d:
            matrix = centre_gram(self.inner_products()[index][:, index])
            fourth = matrix.diagonal().square().mean().item()
        else:
            centred = self._rows[index].double()
            centred -= centred.mean(dim=0)
            matrix = centred.T @ centred
            fourth = centred.square().sum(dim=1).square().mean().item()
        matrix /= n - 1
        total = matrix.trace().item()
        if total <= 0:
            return None
        return SubsetSpectrum(
            descending(matrix) if eigenvalues else np.empty(0),
            total,
            n,
            fourth,
            squared_norm=matrix.square().sum().item(),
            population=len(self._rows),
        )

    def neighbourhoods(self, *, generator: np.random.Generator) -> tuple[SubsetSpectrum, ...]:
        """Return spectra of the nearest neighbours of random rows of the pool."""
        n, d = self._rows.shape
        if n < 16:
            return ()
        size = min(_NEIGHBOURS, n // 2)
        centres = torch.from_numpy(generator.permutation(n)[:_CENTRES])
        found = []
        for near in self._nearest(centres, size):
            rows = self._rows[near]
            gram = centre_gram(float_gram(rows)) / (size - 1)
            total = gram.trace().item()
            if total > 0:
                values = descending(gram)[: min(size, d)]
                squared = gram.square().sum().item()
                fourth = ((gram.diagonal() * (size - 1)).square()).mean().item()
                found.append(SubsetSpectrum(values, total, size, fourth, squared, n))
        return tuple(found)

    def _nearest(self, centres: Tensor, size: int) -> Tensor:
        """Return row numbers [centres, size] of the rows nearest to each centre, itself first."""
        if self._gram is not None:
            norms = self._gram.diagonal()
            squares = norms[centres, None] + norms - 2 * self._gram[centres]
        else:
            squares = torch.zeros(len(centres), len(self._rows), dtype=torch.float64)
            for block in torch.split(self._rows, 1024, dim=1):
                wide = block.double()
                squares += torch.cdist(wide[centres], wide).square_()
        return squares.topk(size, largest=False).indices
