"""Reading fixed numbers of rows from byte streams and from ragged chunks."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from spikedim._core import AnyArray

__all__ = ["ByteStream", "open_bytes", "read_rows", "rebatch", "row_chunks"]

# Files, gzip streams, zip and tar members can all `read`, but share no class.
ByteStream: TypeAlias = Any

_READ_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


def open_bytes(path: Path) -> ByteStream:
    """Open a file for reading, through gzip if its first bytes say so."""
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP_MAGIC
    return gzip.open(path, "rb") if packed else path.open("rb")


def read_rows(
    stream: ByteStream, rows: int, item_shape: tuple[int, ...], dtype: np.dtype[Any]
) -> AnyArray:
    """Read `rows` items into one new array; raise `EOFError` if they are not all there."""
    out = np.empty((rows, *item_shape), dtype)
    view = memoryview(out.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    filled = 0
    while filled < len(view):
        piece = stream.read(min(_READ_BYTES, len(view) - filled))
        if not piece:
            raise EOFError("the data ends before the number of samples its header announces")
        view[filled : filled + len(piece)] = piece
        filled += len(piece)
    return out


def row_chunks(
    stream: ByteStream, rows: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Iterator[AnyArray]:
    """Read all items of a stream, `rows` at a time."""
    for start in range(0, shape[0], rows):
        yield read_rows(stream, min(rows, shape[0] - start), shape[1:], dtype)


def rebatch(chunks: Iterable[AnyArray], rows: int) -> Iterator[AnyArray]:
    """Yield the same rows in arrays of exactly `rows`, the last one smaller."""
    held: list[AnyArray] = []
    count = 0
    for chunk in chunks:
        rest = chunk
        while count + len(rest) >= rows:
            cut = rows - count
            held.append(rest[:cut])
            yield held[0] if len(held) == 1 else np.concatenate(held)
            rest = rest[cut:]
            held, count = [], 0
        if len(rest):
            held.append(rest)
            count += len(rest)
    if held:
        yield held[0] if len(held) == 1 else np.concatenate(held)
