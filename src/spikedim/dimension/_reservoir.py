"""A bounded uniform sample of a stream, mergeable in any order."""

import zlib
from typing import Any, final

import numpy as np

from spikedim._core import AnyArray

__all__ = ["Reservoir"]

_PRIORITY = 2


@final
class Reservoir:
    """The rows of lowest random priority: a sample without replacement of all rows seen.

    Rows of one group (tokens of one image) share a priority, so groups stay whole. Priorities
    are numbered by row, and keyed by the seed and the first row, so that batches may be cut
    anywhere and shards draw independently.
    """

    def __init__(
        self, n_features: int, capacity: int, *, seed: int, group_size: int, dtype: type[Any]
    ) -> None:
        self.capacity = capacity // group_size * group_size
        self.group_size = group_size
        self.seed = seed
        self.key: int | None = None
        self.drawn = 0
        self.priorities = np.empty(0, dtype=np.uint64)
        # Pages of an empty array cost no memory before a row is written to them.
        self._slots = np.empty((self.capacity, n_features), dtype=dtype)

    @property
    def rows(self) -> AnyArray:
        """Return the kept rows, in the order of their slots."""
        return self._slots[: len(self.priorities)]

    def add(self, batch: AnyArray) -> None:
        """Offer the rows of `batch`."""
        if self.key is None:
            self.key = zlib.crc32(np.ascontiguousarray(batch[0], dtype=np.float64).tobytes())
        self.keep(self._draw(len(batch)), batch)
        self.drawn += len(batch)

    def _draw(self, count: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """Return the priorities of the next `count` rows."""
        groups = np.arange(self.drawn, self.drawn + count) // self.group_size
        first = int(groups[0])
        words = np.random.PCG64(np.random.SeedSequence([self.seed, _PRIORITY, self.key or 0]))
        return words.advance(first).random_raw(int(groups[-1]) - first + 1)[groups - first]

    def keep(self, priorities: AnyArray, batch: AnyArray) -> None:
        """Let the rows of `batch`, which have `priorities`, compete with those kept."""
        held = len(self.priorities)
        everyone = np.concatenate([self.priorities, priorities])
        winners = np.argsort(everyone, kind="stable")[: self.capacity]
        stay, enter = winners[winners < held], winners[winners >= held]
        slots = np.setdiff1d(np.arange(len(winners)), stay)
        for slot, row in zip(slots, enter - held, strict=True):
            self._slots[slot] = batch[row]
        after = np.empty(len(winners), dtype=np.uint64)
        after[stay], after[slots] = everyone[stay], everyone[enter]
        self.priorities = after

    def merge(self, other: "Reservoir") -> None:
        """Let the rows kept by `other` compete; the numbering of this reservoir goes on."""
        self.keep(other.priorities, other.rows)

    def ordered(self) -> AnyArray:
        """Return a copy of the kept rows by rising priority, the same however they arrived."""
        return self.rows[np.argsort(self.priorities, kind="stable")]
