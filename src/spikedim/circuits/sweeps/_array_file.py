"""Arrays that are given as such or as the path of a .npy or .npz file."""

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
    path = Path(x).expanduser()
    try:
        _check_size(path.stat().st_size, path, name, caller)
        if path.suffix == ".npz":
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
        sizes = {item.filename: item.file_size for item in archive.infolist()}
    names = [item.removesuffix(".npy") for item in sizes]
    chosen = name if name in names else names[0] if len(names) == 1 else None
    if chosen is None:
        raise InputError(
            f"{caller}: `{name}` must be a file with an array {name!r} or with a single array; got "
            f"{', '.join(names) or 'none'} in {str(path)!r}. {_REMEDY}"
        )
    _check_size(
        next(s for n, s in sizes.items() if n.removesuffix(".npy") == chosen), path, name, caller
    )
    with np.load(path, allow_pickle=False) as arrays:
        return arrays[chosen]


def _check_size(size: int, path: Path, name: str, caller: str) -> None:
    """Refuse what would not fit in memory, packed or unpacked."""
    if size > _MOST_BYTES:
        raise InputError(
            f"{caller}: `{name}` must have at most {_MOST_BYTES >> 30} GB; got {size:,} bytes in "
            f"{str(path)!r}. Give fewer rows."
        )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
