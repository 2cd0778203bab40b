"""Files of a run that are whole or absent, and errors of the disk in one sentence."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from spikedim._core import InputError

__all__ = ["TEMPORARY", "disk_errors", "new_temporary", "replace_file", "sync_folder"]

TEMPORARY = ".spikedim-"
"""First letters of files that are being written; `write_atomic` uses them too."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def new_temporary(folder: Path) -> Path:
    """Return the path of a file that is not there yet."""
    return folder / f"{TEMPORARY}{secrets.token_hex(8)}"


def replace_file(
    target: Path, write: Callable[[BinaryIO], object], *, keep: Path | None = None
) -> None:
    """Let `write` fill a temporary, flush it, and give it the name `target`.

    The file that had the name is kept under `keep`. A reader, or a process killed half-way, finds
    a whole file under `target` at every instant, if there was one before.
    """
    temporary, old = new_temporary(target.parent), new_temporary(target.parent)
    try:
        with temporary.open("xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        kept = keep is not None and _keep(target, keep, old)
        temporary.replace(target)
        if keep is not None and kept:
            old.replace(keep)
        sync_folder(target.parent)
    except BaseException:
        for path in (temporary, old):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _keep(target: Path, keep: Path, old: Path) -> bool:
    """Give the present file a second name; say whether that name must still become `keep`."""
    if not target.exists():
        return False
    try:
        # A rename to `keep` now might replace the only whole file by one that is damaged.
        os.link(target, old)
    except OSError as error:
        if error.errno in _FULL | {errno.EIO}:
            raise
        target.replace(keep)  # a file system without second names
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Flush the names of a folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some file systems flush names by themselves and refuse to be asked.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_errors(
    folder: Path, *, caller: str, kept: Callable[[], str] = lambda: ""
) -> Iterator[None]:
    """Turn an error of the disk into one sentence: what went wrong, what is kept, how to go on.

    Parameters
    ----------
    folder : Path
        Folder that is written to.
    caller : str
        Function to name.
    kept : callable, optional
        Returns a sentence on what is safe; called after an error only.

    Yields
    ------
    None
        While the block runs.

    Raises
    ------
    InputError
        For every `OSError` inside: disk full, quota, read-only folder, broken device.

    Examples
    --------
    >>> with disk_errors(Path("run"), caller="fit"):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
        ...
    spikedim._core._errors.InputError: fit: `folder` must have room for its files; got 'run' \
(No space left on device). Free some space and resume.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            need, advice = "have room for its files", "Free some space and resume."
        elif error.errno in _CLOSED:
            need, advice = "be writable", "Fix its permissions, or copy the run to another folder."
        else:
            need, advice = "lie on a disk that works", "Check the disk, or copy the run to another."
        safe = kept()
        raise InputError(
            f"{caller}: `folder` must {need}; got {str(folder)!r} ({error.strerror or error}). "
            f"{safe}{' ' if safe else ''}{advice}"
        ) from error
