"""One process at a time in a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from spikedim.training.runs._hold_lock import hold_lock
from spikedim.training.runs._run_folder import RunFolder

__all__ = ["lock_run"]


@contextmanager
def lock_run(folder: RunFolder) -> Iterator[None]:
    """Keep other processes out of a run folder while the block runs.

    Files that a killed process left half-written are removed first.

    Parameters
    ----------
    folder : RunFolder
        Made by `RunFolder.create` or `RunFolder.open`.

    Yields
    ------
    None
        While the block runs.

    Raises
    ------
    InputError
        If another process, or another block of this one, holds the lock; or if the folder cannot
        be written.

    Notes
    -----
    The operating system frees the lock when the process ends, however it ends; a forked child
    that lives on keeps it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as path, lock_run(RunFolder(Path(path))):
    ...     sorted(entry.name for entry in Path(path).iterdir())
    ['lock']
    """
    with hold_lock(folder.path, caller="lock_run"):
        yield
