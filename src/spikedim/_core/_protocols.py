"""What a source of samples and a spectrum must offer, whoever makes them."""

from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

__all__ = ["AnyArray", "SampleStream", "SpectrumLike"]

AnyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@runtime_checkable
class SampleStream(Protocol):
    """Samples that can be read batch by batch.

    `shape` is [S, D] or [S, n, d] (tokens). `batches` yields numpy arrays [b, D] or [b, n, d]
    in a fixed order; if `rereadable`, each call starts again from the first sample. A raw value
    v stands for the number ``v * scale + offset``, so 8-bit data stays 8-bit and exact.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Return [S, D] or [S, n, d]."""
        ...

    @property
    def layer(self) -> str:
        """Name the view of the data, e.g. ``pixels`` or ``patches:4``."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identify the content, e.g. ``sha256:0123456789abcdef``."""
        ...

    @property
    def scale(self) -> float:
        """Return the number that one raw unit stands for."""
        ...

    @property
    def offset(self) -> float:
        """Return the number that a raw zero stands for."""
        ...

    @property
    def group_size(self) -> int:
        """Return how many consecutive rows belong to one sample (tokens of one image), else 1."""
        ...

    @property
    def rereadable(self) -> bool:
        """Say whether `batches` may be called more than once."""
        ...

    def batches(self, batch_size: int | None = None) -> Iterator[AnyArray]:
        """Yield arrays of at most `batch_size` samples, in order."""
        ...


@runtime_checkable
class SpectrumLike(Protocol):
    """Eigenvalues of a covariance with the exact total they are a part of."""

    @property
    def eigenvalues(self) -> AnyArray:
        """Return eigenvalues, descending, float64, none negative."""
        ...

    @property
    def total_variance(self) -> float:
        """Return the exact trace of the covariance."""
        ...

    @property
    def n_samples(self) -> int:
        """Return how many samples it was computed from."""
        ...

    @property
    def n_features(self) -> int:
        """Return how many features a sample has."""
        ...
