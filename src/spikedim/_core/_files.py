"""Files that are either whole or absent."""

import os
import secrets
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
    if target.exists() and not target.is_file():
        raise InputError(
            f"{caller}: `{name}` must be a regular file, which can be replaced; got "
            f"{str(target)!r}. Choose a path of your own."
        )
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
    temporary = target.with_name(f".spikedim-{secrets.token_hex(8)}")
    # Not mkstemp, whose files are 0600: the file gets the mode an ordinary open() would give.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return target
