"""The memory of a codebook: one entry for each own cell and multiset of other cells."""

from dataclasses import dataclass
from typing import final

import numpy as np

from spikedim._core import AbstractProgress
from spikedim.circuits.universal._codebook_size import codebook_size
from spikedim.circuits.universal._equivariance import Array, TokenFunction
from spikedim.circuits.universal._multisets import Numbers, all_multisets, multiset_number

__all__ = ["Memory", "build_memory"]

_CHUNK = 4096


@final
@dataclass(frozen=True, eq=False)
class Memory:
    """Keys [one-hot own cell; histogram of all cells] and what the asking token answers."""

    centres: Array  # [m^d, d]
    histograms: Array  # [K, m^d]
    values: Array  # [K, d']

    @property
    def own(self) -> Numbers:
        """Own cell of every key; keys of one own cell are neighbours."""
        per_cell = len(self.values) // len(self.centres)
        return np.arange(len(self.values)) // per_cell

    def keys_of(self, cells: Numbers) -> Numbers:
        """Return the key that each token of [B, n] cells matches exactly."""
        tokens = cells.shape[1]
        others = np.stack([np.delete(cells, i, axis=1) for i in range(tokens)], axis=1)
        number = multiset_number(np.sort(others, axis=2), len(self.centres))
        return np.asarray(cells * (len(self.values) // len(self.centres)) + number)


def build_memory(
    function: TokenFunction, *, cells: int, outputs: int, progress: AbstractProgress
) -> Memory:
    """Evaluate f on every multiset of cell centres, once, and file each token's answer."""
    n, d = function.tokens, function.features
    axis = (np.arange(cells) + 0.5) / cells
    centres = np.stack([g.ravel() for g in np.meshgrid(*[axis] * d, indexing="ij")], axis=1)
    size = codebook_size(tokens=n, features=d, cells=cells)
    memory = Memory(centres, np.zeros((size, len(centres))), np.zeros((size, outputs)))
    samples = all_multisets(len(centres), n)
    starts = range(0, len(samples), _CHUNK)
    for start in progress.track(starts, "evaluating f on the codebook", float(len(starts))):
        some = samples[start : start + _CHUNK]
        keys = memory.keys_of(some)
        memory.values[keys] = function(centres[some])
        histogram = np.zeros((len(some), len(centres)))
        np.add.at(histogram, (np.arange(len(some))[:, None], some), 1 / n)
        memory.histograms[keys] = histogram[:, None]
    return memory
