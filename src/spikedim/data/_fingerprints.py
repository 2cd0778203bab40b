"""Content fingerprints of files and folders, with a stated shortcut for the very large."""

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path

from spikedim._core import fingerprint_file
from spikedim.data._source import refuse

__all__ = ["MAX_HASHED_BYTES", "fingerprint_paths"]

MAX_HASHED_BYTES = 1 << 30
_SAMPLED_BLOCKS = 64
_BLOCK_BYTES = 1 << 16
_MAX_SAMPLED_FILES = 16


def fingerprint_paths(
    paths: Sequence[Path], root: Path, *, salt: tuple[str, ...] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return a fingerprint of `paths` and the notes that say how it was made.

    Up to 1 GiB every byte counts. Beyond that the relative names and sizes are hashed, and for
    up to 16 files also 64 evenly spaced blocks of each; the prefix is then ``listing:``.
    """
    stats = [path.stat() for path in paths]
    for path, found in zip(paths, stats, strict=True):
        if not stat.S_ISREG(found.st_mode):  # reading a pipe could wait for ever
            raise refuse("hold regular files", path, "Remove the pipe or device.")
    sizes = [found.st_size for found in stats]
    names = [path.relative_to(root).as_posix() if path != root else "" for path in paths]
    if sum(sizes) <= MAX_HASHED_BYTES:
        listing = [f"{name}\0{size}" for name, size in zip(names, sizes, strict=True)]
        return fingerprint_file(*paths, salt=[*salt, *(listing if len(paths) > 1 else ())]), ()
    digest = hashlib.sha256("\n".join(salt).encode())
    for path, name, size in zip(paths, names, sizes, strict=True):
        digest.update(f"{name}\0{size}\n".encode("utf-8", "surrogateescape"))
        if len(paths) <= _MAX_SAMPLED_FILES:
            with path.open("rb") as stream:
                for block in range(_SAMPLED_BLOCKS):
                    stream.seek(max(0, size - _BLOCK_BYTES) * block // (_SAMPLED_BLOCKS - 1))
                    digest.update(stream.read(_BLOCK_BYTES))
    note = (
        f"The content ({sum(sizes) / 2**30:.1f} GiB) is fingerprinted by file names and sizes"
        + (" and sampled blocks" if len(paths) <= _MAX_SAMPLED_FILES else "")
        + ", not by every byte."
    )
    return f"listing:{digest.hexdigest()[:16]}", (note,)
