"""Multisets of cells: how many, all of them, and the number of each."""

import itertools
import math
from typing import Any

import numpy as np

__all__ = ["all_multisets", "multiset_number", "multisets"]

Numbers = np.ndarray[Any, np.dtype[np.int64]]


def multisets(kinds: int, size: int) -> int:
    """Count the multisets of `size` members of `kinds` kinds."""
    return math.comb(kinds + size - 1, size)


def multiset_number(members: Numbers, kinds: int) -> Numbers:
    """Return the number of each multiset, 0 to `multisets` - 1, from its sorted members [..., k].

    Adding 0 to k - 1 makes the members distinct; their place in the combinatorial number system
    is a sum of binomial coefficients.
    """
    size = members.shape[-1]
    table = np.array(
        [[math.comb(b + i, i + 1) for b in range(kinds)] for i in range(size)], dtype=np.int64
    ).reshape(size, kinds)
    return np.asarray(
        sum(
            (table[i][members[..., i]] for i in range(size)), np.zeros(members.shape[:-1], np.int64)
        )
    )


def all_multisets(kinds: int, size: int) -> Numbers:
    """Return the sorted members of every multiset [multisets, size], in no promised order."""
    rows = itertools.chain.from_iterable(
        itertools.combinations_with_replacement(range(kinds), size)
    )
    return np.fromiter(rows, dtype=np.int64, count=multisets(kinds, size) * size).reshape(-1, size)
