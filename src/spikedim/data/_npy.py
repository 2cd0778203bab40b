"""Arrays in .npy and .npz files, read in slices; pickles inside them are never executed."""

import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from spikedim._core import AnyArray
from spikedim.data._arrays import arrange, array_source, check_dtype, slices
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._reading import reading
from spikedim.data._source import Request, Source, refuse
from spikedim.data._streams import ByteStream, read_rows, row_chunks

__all__ = ["open_npy", "open_npz"]

_X_NAMES = ("x", "X", "images", "data", "features", "samples", "arr_0")
_Y_NAMES = ("y", "Y", "labels", "label", "targets", "target")
_CLASS_NAMES = ("class_names", "classes")
_BOMB_RATIO = 100
# What numpy raises on damaged headers, which it reads as Python literals.
_BAD_HEADER = (ValueError, TypeError, SyntaxError, OverflowError, tokenize.TokenError)
_REMEDY = "Write it again with numpy.save or numpy.savez."

Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


def open_npy(path: Path, request: Request, *, fingerprint: str = "") -> Source:
    """Return a source over a .npy file, read in place; a known `fingerprint` saves hashing it."""
    mapped = _map(path)
    shape, dtype = mapped.shape, mapped.dtype
    out, scale, notes = check_dtype(dtype, path)
    modality, item_shape, change, more = arrange(shape, dtype, request.layer, path)
    rows_first = bool(mapped.flags.c_contiguous)
    start_of_data = int(mapped.offset)  # type: ignore[attr-defined]
    del mapped
    row_bytes = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize

    def fetch(start: int, stop: int) -> AnyArray:
        if not rows_first:
            return change(np.array(_map(path)[start:stop], out))
        # Plain reads: mapped pages would count as memory of this process while the map lives.
        with path.open("rb") as stream:
            stream.seek(start_of_data + start * row_bytes)
            flat = np.fromfile(stream, dtype, (stop - start) * row_bytes // dtype.itemsize)
        if flat.size * dtype.itemsize != (stop - start) * row_bytes:
            raise EOFError(
                f"the file ends inside sample {start + flat.size * dtype.itemsize // row_bytes}"
            )
        return change(flat.reshape(stop - start, *shape[1:]).astype(out, copy=False))

    def take(indices: Any) -> AnyArray:
        return change(np.asarray(_map(path)[list(indices)], out))

    known: tuple[str, tuple[str, ...]] = (fingerprint, ())
    fingerprint, hashed = known if fingerprint else fingerprint_paths([path], path)
    return Source(
        modality=modality,
        item_shape=item_shape,
        count=shape[0],
        dtype=out,
        scale=scale,
        read=slices(shape[0], fetch),
        take=take,
        fingerprint=fingerprint,
        notes=(*notes, *more, *hashed),
    )


def _map(path: Path) -> AnyArray:
    """Map a .npy file; refuse pickles, foreign and truncated files."""
    with reading(path):
        with path.open("rb") as stream:
            head = stream.read(6)
        # Without its magic bytes numpy takes any file for a pickle.
        if head != b"\x93NUMPY" and not head.startswith(b"\x80"):
            raise refuse("be a whole .npy array", path, f"It does not begin like one. {_REMEDY}")
        try:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except _BAD_HEADER as error:
            raise _bad_array(path, error) from error
    if not isinstance(mapped, np.ndarray):
        raise refuse("be a .npy file with one array", path, _REMEDY)
    return mapped


def _bad_array(what: object, error: Exception) -> Exception:
    """Say in one line why numpy refuses an array file."""
    text = str(error)
    if "allow_pickle" in text or "object" in text.lower():
        return refuse(
            "hold plain numbers",
            f"Python objects (pickles) in {what}",
            "They are never executed; save the array again with a numeric dtype.",
        )
    return refuse("be a whole .npy array", what, f"numpy said: {text.splitlines()[0]}. {_REMEDY}")


def open_npz(path: Path, request: Request, key: str | None) -> Source:
    """Return a source over one array of a .npz file, decompressed in slices."""
    with reading(path), zipfile.ZipFile(path) as archive:
        names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
        chosen, label_name = _choose(names, key, request.split, path)
        shape, fortran, dtype = _member_header(archive, chosen, path, request.memory_budget)
        labels = None
        if label_name is not None:
            labels = _whole(archive, label_name, path, request.memory_budget)
        class_names = _class_names(archive, names, path, request.memory_budget)
    if labels is not None and labels.shape != shape[:1]:
        labels = None
    out, scale, notes = check_dtype(dtype, f"{path}:{chosen}")
    modality, item_shape, change, more = arrange(shape, dtype, request.layer, f"{path}:{chosen}")
    fingerprint, hashed = fingerprint_paths([path], path, salt=(chosen,))
    about: dict[str, Any] = {
        "fingerprint": fingerprint,
        "labels": labels,
        "class_names": class_names,
        "notes": (f"Array {chosen!r} of {path.name}.", *notes, *more, *hashed),
    }
    if fortran:
        with reading(path), zipfile.ZipFile(path) as archive:
            whole = _whole(archive, chosen, path, request.memory_budget)
        return array_source(whole, layer=request.layer, what=path, **about)

    def read(rows: int) -> Iterator[AnyArray]:
        with zipfile.ZipFile(path) as archive, archive.open(f"{chosen}.npy") as stream:
            _read_header(stream, path)
            for chunk in row_chunks(stream, rows, shape, dtype):
                yield change(chunk.astype(out, copy=False))
            if stream.read(1):  # the last read also checks the CRC
                raise zipfile.BadZipFile("more bytes than the header announces")

    return Source(
        modality=modality,
        item_shape=item_shape,
        count=shape[0],
        dtype=out,
        scale=scale,
        read=read,
        **about,
    )


def _choose(names: list[str], key: str | None, split: str, path: Path) -> tuple[str, str | None]:
    """Return the names of the samples and the labels in the archive."""
    stems = {"train": ("train",), "test": ("test",), "validation": ("val", "validation", "valid")}
    xs = [f"{x}_{s}" for x in _X_NAMES for s in stems[split]]
    xs += [f"{s}_{x}" for x in _X_NAMES for s in stems[split]]
    ys = [f"{y}_{s}" for y in _Y_NAMES for s in stems[split]]
    ys += [f"{s}_{y}" for y in _Y_NAMES for s in stems[split]]
    if split == "train":
        xs, ys = [*xs, *_X_NAMES], [*ys, *_Y_NAMES]
    label = next((name for name in ys if name in names), None)
    if key is not None:
        if key not in names:
            raise refuse(
                f"name one of the arrays {', '.join(names) or '(none)'}",
                repr(key),
                "Write FILE.npz:KEY.",
            )
        return key, None if label == key else label
    found = next((name for name in xs if name in names), None)
    if found is None and len(names) == 1 and split == "train":
        found = names[0]
    if found is None:
        raise refuse(
            f"hold an array that is plainly the {split} samples (x_{split}, x or a single array)",
            f"arrays {', '.join(names) or '(none)'} in {path}",
            "Name one: FILE.npz:KEY.",
        )
    return found, label


def _read_header(stream: ByteStream, what: object) -> Header:
    """Read the header of a .npy stream."""
    try:
        version = npy_format.read_magic(stream)
        if version == (1, 0):
            return npy_format.read_array_header_1_0(stream)
        if version == (2, 0):
            return npy_format.read_array_header_2_0(stream)
    except _BAD_HEADER as error:
        raise _bad_array(what, error) from error
    raise refuse("hold .npy arrays of version 1 or 2", f"version {version} in {what}", _REMEDY)


def _member_header(archive: zipfile.ZipFile, name: str, path: Path, budget: int) -> Header:
    """Return the header of a member after checking its size against its claims."""
    info = archive.getinfo(f"{name}.npy")
    what = f"{path}:{name}"
    if info.file_size > budget and info.file_size > _BOMB_RATIO * max(info.compress_size, 1):
        raise refuse(
            f"not expand more than {_BOMB_RATIO}-fold beyond the memory budget (a zip bomb would)",
            f"{info.compress_size:,} bytes that expand to {info.file_size:,} in {what}",
            "If you trust the file, save the array as .npy, which is read in place.",
        )
    if info.flag_bits & 1:
        raise refuse("be readable without a password", what, "Write it without encryption.")
    with archive.open(info) as stream:
        shape, fortran, dtype = _read_header(stream, what)
    check_dtype(dtype, what) if dtype.kind not in "US" else None
    needed = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
    possible = dtype.itemsize > 0 and all(n >= 0 for n in shape)
    if not possible or not needed <= info.file_size <= needed + (1 << 16):
        raise refuse(
            f"hold the {needed:,} bytes that shape {shape} of {dtype} needs",
            f"{info.file_size:,} bytes in {what}",
            _REMEDY,
        )
    return shape, fortran, dtype


def _whole(archive: zipfile.ZipFile, name: str, path: Path, budget: int) -> AnyArray:
    """Return a whole member (labels, or an array in column order) that fits the budget."""
    shape, fortran, dtype = _member_header(archive, name, path, budget)
    needed = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if needed > budget:
        raise refuse(
            "be stored in row order (C) to be read in slices",
            f"{needed:,} bytes in column order, over the budget of {budget:,}, in {path}:{name}",
            "Save numpy.ascontiguousarray(x), or raise the budget.",
        )
    with archive.open(f"{name}.npy") as stream:
        _read_header(stream, path)
        flat = read_rows(stream, needed // dtype.itemsize, (), dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _class_names(
    archive: zipfile.ZipFile, names: list[str], path: Path, budget: int
) -> tuple[str, ...]:
    """Return the names of classes if a text array of them is stored."""
    name = next((n for n in _CLASS_NAMES if n in names), None)
    if name is None:
        return ()
    _, _, dtype = _member_header(archive, name, path, budget)
    return tuple(str(n) for n in _whole(archive, name, path, budget)) if dtype.kind == "U" else ()
