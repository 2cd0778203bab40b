"""The random matrices of a covariance sketch, regenerated from a seed on any machine."""

from typing import Any

import numpy as np
from scipy.special import ndtri

__all__ = ["gaussian_vectors", "sketch_matrix"]

# Raw 64-bit draws are the only part of numpy's generators that never changes between versions;
# shards made by different versions must still see the same matrix.
_SKETCH, _GAUSSIAN = 0, 1


def _raw(count: int, seed: int, stream: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Draw `count` words of 64 random bits."""
    return np.random.PCG64(np.random.SeedSequence([seed, stream])).random_raw(count)


def sketch_matrix(n_features: int, rank: int, *, seed: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Return Omega [D, k]: uniform odd numbers in [-127, 127], or the identity if k = D.

    One byte per entry; odd 8-bit numbers rather than signs, because small matrices of signs
    are often singular.
    """
    if rank == n_features:
        return np.eye(n_features, dtype=np.int8)
    words = _raw(-(-n_features * rank // 8), seed, _SKETCH)
    entries = words.astype("<u8", copy=False).view(np.int8)[: n_features * rank]
    return (entries | np.int8(1)).reshape(n_features, rank)


def gaussian_vectors(
    n_features: int, count: int, *, seed: int
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return `count` standard normal test vectors [D, count], independent of `sketch_matrix`."""
    uniform = ((_raw(n_features * count, seed, _GAUSSIAN) >> np.uint64(12)) + 0.5) * 2.0**-52
    return np.asarray(ndtri(uniform), dtype=np.float64).reshape(n_features, count)
