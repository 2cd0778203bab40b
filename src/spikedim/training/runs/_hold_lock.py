"""A lock that ends with the process."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikedim._core import InputError
from spikedim.training.runs._replace_file import TEMPORARY, disk_errors

__all__ = ["LOCK", "hold_lock"]

LOCK = "lock"
"""Name of the file; it stays, since removing it would let two processes hold two locks."""


@contextmanager
def hold_lock(folder: Path, *, caller: str) -> Iterator[None]:
    """Hold the lock of a folder, and clear what a killed process left half-written."""
    import fcntl  # not on every system that can read a run

    with disk_errors(folder, caller=caller):
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"{caller}: `folder` must be used by one process at a time; got {str(folder)!r}, "
                f"in use by {_holder(handle)}. Wait for its end, or choose another folder."
            ) from error
        except OSError as error:
            raise InputError(
                f"{caller}: `folder` must lie on a file system with locks; got {str(folder)!r} "
                f"({error.strerror}). Choose another folder."
            ) from error
        with disk_errors(folder, caller=caller):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
            for leftover in folder.glob(f"{TEMPORARY}*"):
                leftover.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> str:
    """Return who wrote into the lock file."""
    return os.pread(handle, 200, 0).decode("utf-8", "replace") or "another process"
