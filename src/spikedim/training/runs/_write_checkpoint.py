"""Checkpoints to the disk and back."""

from dataclasses import replace
from pathlib import Path

from spikedim._core import InputError, check_integer
from spikedim.training.runs._checkpoint import Checkpoint
from spikedim.training.runs._checkpoint_file import (
    DamagedError,
    read_file,
    read_record,
    write_file,
)
from spikedim.training.runs._replace_file import disk_errors, replace_file
from spikedim.training.runs._run_folder import RunFolder

__all__ = ["read_checkpoint", "write_checkpoint"]


def write_checkpoint(folder: RunFolder, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint and keep the one before.

    Parameters
    ----------
    folder : RunFolder
        Whose lock the caller holds.
    checkpoint : Checkpoint
        May hold the tensors that are being trained: they are read before the call returns.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If a tensor or a number cannot be stored, or the disk refuses (full, quota, read-only,
        broken); the checkpoints that were there are then as before.

    Notes
    -----
    Temporary file, flush to disk, two renames, flush of the folder: whenever the process is killed,
    a whole checkpoint is there. Tensors go to the file one by one, without a second copy of all.

    Examples
    --------
    >>> import tempfile
    >>> state = Checkpoint(update=3, seed=0, identity="a", best=None, model={}, optimiser={})
    >>> with tempfile.TemporaryDirectory() as path:
    ...     write_checkpoint(RunFolder(Path(path)), state).name
    'checkpoint.safetensors'
    """
    check_integer(checkpoint.update, name="update", caller="write_checkpoint", minimum=0)
    with disk_errors(folder.path, caller="write_checkpoint", kept=lambda: _kept(folder)):
        replace_file(
            folder.checkpoint,
            lambda stream: write_file(stream, checkpoint),
            keep=folder.previous_checkpoint,
        )
    return folder.checkpoint


def read_checkpoint(folder: RunFolder, *, identity: str | None = None) -> Checkpoint | None:
    """Return the newest whole checkpoint.

    Parameters
    ----------
    folder : RunFolder
        The run.
    identity : str, optional
        That of the run which wants to go on.

    Returns
    -------
    Checkpoint or None
        None if there is none. ``note`` says so if the newest was damaged or missing.

    Raises
    ------
    InputError
        If every checkpoint is damaged, or the newest whole one belongs to another run or to a
        version that this one cannot read.

    Notes
    -----
    Every byte is compared with a checksum (CRC-32) before a number is used.

    Examples
    --------
    >>> import tempfile
    >>> state = Checkpoint(update=3, seed=0, identity="a", best=None, model={}, optimiser={})
    >>> with tempfile.TemporaryDirectory() as path:
    ...     _ = write_checkpoint(RunFolder(Path(path)), state)
    ...     read_checkpoint(RunFolder(Path(path))).update
    3
    """
    problems: list[str] = []
    for path in (folder.checkpoint, folder.previous_checkpoint):
        if not path.exists():
            problems.append(f"{path.name} is missing")
            continue
        try:
            found = read_file(path, caller="read_checkpoint")
        except DamagedError as error:
            problems.append(f"{path.name} is damaged ({error})")
            continue
        if identity is not None and found.identity != identity:
            raise InputError(
                f"read_checkpoint: `folder` must hold checkpoints of this run; got {path.name} of "
                f"{found.identity} instead of {identity}. Choose another folder."
            )
        return _noted(found, problems)
    if all(problem.endswith("missing") for problem in problems):
        return None
    raise InputError(
        f"read_checkpoint: `folder` must hold a whole checkpoint; got {str(folder.path)!r}, where "
        f"{' and '.join(problems)}. Put back a copy of one, or start again in another folder."
    )


def _noted(found: Checkpoint, problems: list[str]) -> Checkpoint:
    """Return a checkpoint that says why it is not the newest."""
    if not problems:
        return found
    note = f"{problems[0]}; going on from the one before, of update {found.update}."
    return replace(found, note=note)


def _kept(folder: RunFolder) -> str:
    """Say which checkpoint is safe."""
    update = read_record(folder.checkpoint).get("update")
    return "" if update is None else f"The checkpoint of update {update} is kept."
