"""The idx format of MNIST and its relatives, plain or gzipped, read in chunks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._arrays import arrange, check_dtype
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._source import Request, Source, check_labels, refuse
from spikedim.data._streams import open_bytes, read_rows, row_chunks

__all__ = ["IDX_TYPES", "find_idx", "is_idx", "open_idx"]

IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_PREFIXES = {"train": ("train",), "test": ("t10k", "test"), "validation": ("val", "validation")}

Header = tuple[tuple[int, ...], np.dtype[Any]]


def is_idx(head: bytes) -> bool:
    """Say whether the first four bytes are those of an idx file."""
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in IDX_TYPES and 0 < head[3] <= 4


def find_idx(folder: Path, split: str) -> Path | None:
    """Return the images file of `split` in a folder laid out like MNIST's, if there is one."""
    for prefix in _PREFIXES[split]:
        for found in sorted(folder.glob(f"{prefix}-images*idx*")):
            return found
    return None


def open_idx(path: Path, request: Request) -> Source:
    """Return a source over an idx file; labels come from the sibling named after it."""
    shape, dtype = _header(path)
    out, scale, notes = check_dtype(dtype, path)
    modality, item_shape, change, more = arrange(shape, dtype, request.layer, path)
    fingerprint, hashed = fingerprint_paths([path], path)

    def read(rows: int) -> Iterator[AnyArray]:
        with open_bytes(path) as stream:
            stream.read(4 + 4 * len(shape))
            for chunk in row_chunks(stream, rows, shape, dtype):
                yield change(chunk.astype(out, copy=False))
            if stream.read(1):
                raise EOFError("there is more data than the header announces")

    return Source(
        modality=modality,
        item_shape=item_shape,
        count=shape[0],
        dtype=out,
        scale=scale,
        read=read,
        fingerprint=fingerprint,
        labels=_labels(path, shape[0], request.memory_budget),
        notes=(*notes, *more, *hashed),
    )


def _header(path: Path) -> Header:
    """Return shape and type; a plain file must have exactly the size they need."""
    with open_bytes(path) as stream:
        head = stream.read(4)
        if not is_idx(head):
            raise refuse("be an idx file", path, "Its first bytes are not those of one.")
        sizes = stream.read(4 * head[3])
        if len(sizes) != 4 * head[3]:
            raise EOFError("the idx header is cut off")
    shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
    dtype = np.dtype(IDX_TYPES[head[2]])
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    needed = 4 + 4 * len(shape) + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if not packed and path.stat().st_size != needed:
        raise EOFError(f"{needed:,} bytes announced, {path.stat().st_size:,} there")
    return shape, dtype


def _labels(path: Path, count: int, budget: int) -> AnyArray | None:
    """Return the labels beside an images file, or None."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    sibling = path.with_name(name)
    if name == path.name or not sibling.is_file():
        return None
    shape, dtype = _header(sibling)
    if shape != (count,) or dtype.kind not in "ui":
        return None
    check_labels(count, budget, dtype.itemsize + 8)
    with open_bytes(sibling) as stream:
        stream.read(8)
        return read_rows(stream, count, (), dtype).astype(np.int64)
