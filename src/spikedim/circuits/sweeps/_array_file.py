"""Arrays that are given as such or as the path of a .npy or .npz file."""

import math
import os
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from spikedim._core import InputError

__all__ = ["given_array"]

_MOST_BYTES = 2 << 30
_REMEDY = "Write it with numpy.save."
# What numpy and zipfile raise on damaged, encrypted or foreign files.
_UNREADABLE = (OSError, ValueError, EOFError, SyntaxError, TypeError, OverflowError, RuntimeError,
               tokenize.TokenError, zipfile.BadZipFile, zlib.error)  # fmt: skip


def given_array(x: Any, *, name: str, caller: str) -> Any:
    """Return `x`, or the array in the file that it is the path of; pickles are never run."""
    if not isinstance(x, str | os.PathLike):
        return x
    path = Path(x)
    try:
        path = path.expanduser()
        size = path.stat().st_size
        if not path.is_file():  # a pipe would make reading wait for ever
            raise ValueError("no file")
        _check_size(size, path, name, caller)
        if path.suffix.lower() == ".npz":
            return _from_archive(path, name, caller)
        # Mapped, because a header may announce more than the file holds.
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
    except InputError:
        raise
    except _UNREADABLE as error:
        raise InputError(
            f"{caller}: `{name}` must be a readable .npy or .npz file of numbers; got "
            f"{str(path)!r} ({_first_line(error)}). {_REMEDY}"
        ) from error


def _from_archive(path: Path, name: str, caller: str) -> Any:
    """Return the array called `name`, or the only one."""
    with zipfile.ZipFile(path) as archive:
        members = {item.filename.removesuffix(".npy"): item for item in archive.infolist()}
    names = list(members)
    chosen = name if name in names else names[0] if len(names) == 1 else None
    if chosen is None:
        raise InputError(
            f"{caller}: `{name}` must be a file with an array {name!r} or with a single array; got "
            f"{', '.join(names) or 'none'} in {str(path)!r}. {_REMEDY}"
        )
    member = members[chosen]
    _check_size(member.file_size, path, name, caller)
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
        _check_header(stream, member.file_size)
    with np.load(path, allow_pickle=False) as arrays:
        return arrays[chosen]


def _check_header(stream: Any, size: int) -> None:
    """Raise `ValueError` if the header announces more than the `size` bytes that follow."""
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, _, dtype = read[min(version, (2, 0))](stream)
    if math.prod(shape) * dtype.itemsize > size:
        raise ValueError(f"its header announces shape {shape}, more than it holds")


def _check_size(size: int, path: Path, name: str, caller: str) -> None:
    """Refuse what would not fit in memory, packed or unpacked."""
    if size > _MOST_BYTES:
        raise InputError(
            f"{caller}: `{name}` must have at most {_MOST_BYTES >> 30} GB; got {size:,} bytes in "
            f"{str(path)!r}. Give fewer rows."
        )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
