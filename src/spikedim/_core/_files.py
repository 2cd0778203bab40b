"""Files that are either whole or absent."""

import os
import tempfile
from pathlib import Path

from spikedim._core._errors import InputError

__all__ = ["check_writable", "write_atomic"]


def check_writable(path: str | os.PathLike[str], *, name: str, caller: str) -> Path:
    """Return `path` if a file can be created there; raise `InputError` before any work is done."""
    target = Path(path).expanduser()
    parent = target.parent
    if target.is_dir():
        raise InputError(f"{caller}: `{name}` must be a file; got the folder {str(target)!r}.")
    if not parent.is_dir():
        raise InputError(
            f"{caller}: `{name}` must lie in an existing folder; got {str(target)!r}. "
            f"Create {str(parent)!r} first."
        )
    try:
        with tempfile.NamedTemporaryFile(dir=parent, prefix=".spikedim-"):
            pass
    except OSError as error:
        raise InputError(
            f"{caller}: `{name}` must be writable; got {str(target)!r} ({error.strerror}). "
            "Choose another folder or fix its permissions."
        ) from error
    return target


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write `content` to a temporary neighbour, flush it to disk, then rename it to `path`.

    A reader, or a process killed half-way, sees the old file or the new one, never a part.
    """
    target = check_writable(path, name="path", caller="write_atomic")
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp creates 0600; give the file the mode an ordinary open() would have given.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target
