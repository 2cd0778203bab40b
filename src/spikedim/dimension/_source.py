"""One view of every input: an array, a tensor or a stream of samples [S, D]."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import (
    AnyArray,
    InputError,
    SampleStream,
    check_array,
    check_integer,
    check_number,
    fingerprint_arrays,
)

__all__ = ["Source", "check_claims", "open_source"]


@final
@dataclass(frozen=True)
class Source:
    """Samples [S, D] with what a spectrum must remember of their origin; itself a stream.

    Exactly one of `array` and `stream` is set. A raw value v stands for v * scale + offset.
    """

    caller: str
    n_samples: int
    n_features: int
    layer: str
    dtype: np.dtype[Any]
    tokens: int = 1
    scale: float = 1.0
    offset: float = 0.0
    group_size: int = 1
    array: AnyArray | None = None
    stream: SampleStream | None = None
    batch_bytes: int = 256 << 20

    @property
    def eight_bit(self) -> bool:
        """Whether the raw values are 8-bit integers."""
        return self.dtype in (np.dtype(np.uint8), np.dtype(np.int8))

    @property
    def epsilon(self) -> float:
        """Relative rounding unit of the raw values; 0 for integers."""
        return float(np.finfo(self.dtype).eps) if self.dtype.kind == "f" else 0.0

    @property
    def n_groups(self) -> int:
        """Number of independent samples (images, not their tokens)."""
        return self.n_samples // self.group_size

    @property
    def fingerprint(self) -> str:
        """Content fingerprint."""
        if self.stream is not None:
            return self.stream.fingerprint
        return "" if self.array is None else fingerprint_arrays(self.array)

    @property
    def shape(self) -> tuple[int, int]:
        """S and D."""
        return self.n_samples, self.n_features

    @property
    def rereadable(self) -> bool:
        """Whether `batches` may be called more than once."""
        return self.stream is None or self.stream.rereadable

    def batches(self, batch_size: int | None = None) -> Iterator[AnyArray]:
        """Yield checked raw arrays [b, D] and raise `InputError` if the count is wrong.

        Batches are large enough for matrix products, and a float64 copy fits `batch_bytes`.
        """
        size = batch_size or int(np.clip(self.batch_bytes // (8 * self.n_features), 1, 10_000))
        if self.array is not None:
            for start in range(0, self.n_samples, size):
                yield self.array[start : start + size]
        elif self.stream is not None:
            seen = 0
            for raw in self.stream.batches(size):
                rows = check_array(raw, name="x", caller=self.caller, min_rows=1)
                seen += len(rows)
                if rows.shape[1] != self.n_features or rows.dtype != self.dtype:
                    raise InputError(
                        f"{self.caller}: `x` must yield batches of {self.n_features} features and "
                        f"type {self.dtype}; got shape {rows.shape} and {rows.dtype}. "
                        "Open the data again."
                    )
                yield rows
            if seen != self.n_samples:
                raise InputError(
                    f"{self.caller}: `x` must yield the {self.n_samples} samples it announces; "
                    f"got {seen}. The source is truncated or was read before; open it again."
                )


def open_source(x: Any, *, layer: str, caller: str) -> Source:
    """Check the door: two axes, two samples, finite numbers."""
    if isinstance(x, SampleStream):
        return _stream_source(x, caller=caller)
    array = check_array(x, name="x", caller=caller, min_rows=2)
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    s, d = array.shape
    return Source(caller, s, d, layer=layer, dtype=array.dtype, array=array)


def _stream_source(stream: SampleStream, *, caller: str) -> Source:
    shape = tuple(stream.shape)
    if len(shape) != 2:
        raise InputError(
            f"{caller}: `x` must have 2 axes [S, D]; got shape {shape}. "
            "Call `.flat()` for one row per sample or `.each_token()` for one row per token."
        )
    if shape[0] < 2 or shape[1] < 1:
        raise InputError(
            f"{caller}: `x` must have at least 2 samples and 1 feature; got shape {shape}. "
            "Supply more samples."
        )
    scale, offset, group = check_claims(stream, name="x", caller=caller)
    dtype = getattr(stream, "dtype", None)
    return Source(
        caller,
        shape[0],
        shape[1],
        layer=stream.layer,
        dtype=np.dtype(dtype) if dtype is not None else _peek(stream, caller),
        tokens=int(getattr(stream, "tokens", 1)),
        scale=scale,
        offset=offset,
        group_size=group,
        stream=stream,
    )


def check_claims(stream: SampleStream, *, name: str, caller: str) -> tuple[float, float, int]:
    """Return scale, offset and group size of a stream, or raise `InputError`."""
    group = check_integer(stream.group_size, name=f"{name}.group_size", caller=caller)
    scale = check_number(stream.scale, name=f"{name}.scale", caller=caller)
    offset = check_number(stream.offset, name=f"{name}.offset", caller=caller)
    rows = stream.shape[0]
    if scale == 0 or rows % group:
        raise InputError(
            f"{caller}: `{name}` must have a scale other than 0 and whole groups; got scale "
            f"{scale} and {rows} rows in groups of {group}. Open the data again."
        )
    return scale, offset, group


def _peek(stream: SampleStream, caller: str) -> np.dtype[Any]:
    """Read one row to learn the type of a stream that does not tell."""
    if not stream.rereadable:
        raise InputError(
            f"{caller}: `x` must tell its `dtype` or be rereadable; got a {type(stream).__name__} "
            "that is neither. Give it a `dtype` property."
        )
    for raw in stream.batches(1):
        return check_array(raw, name="x", caller=caller).dtype
    raise InputError(f"{caller}: `x` must yield samples; got none. Open the data again.")
