"""The folder of one training run."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from spikedim._core import InputError
from spikedim.training.runs._hold_lock import LOCK, hold_lock
from spikedim.training.runs._replace_file import TEMPORARY, disk_errors, replace_file
from spikedim.training.runs._training_run import TrainingRun

__all__ = ["RunFolder"]

_FIXED = ("model", "overrides", "data", "data_fingerprint", "steps", "recipe", "seed", "start_from")
"""What an identity is made of, the most telling first."""

_LABELS = ("name", "note", "source")
"""Of a recipe: they change nothing."""


@final
@dataclass(frozen=True)
class RunFolder:
    """Paths of the files of one run, and its record.

    Make it with `create` or `open`, which check the folder; the constructor does not.

    Parameters
    ----------
    path : Path
        The folder.

    Notes
    -----
    ``run.json`` is a `TrainingRun`, ``log.jsonl`` has one `LogLine` a line, ``weights.safetensors``
    is what `spikedim.models.open_model` reads. Every file is replaced as a whole or not at all;
    the log grows line by line.

    Examples
    --------
    >>> RunFolder(Path("run")).checkpoint.name
    'checkpoint.safetensors'
    """

    path: Path

    @property
    def record(self) -> Path:
        """File of the `TrainingRun`."""
        return self.path / "run.json"

    @property
    def log(self) -> Path:
        """File of the lines of the log."""
        return self.path / "log.jsonl"

    @property
    def checkpoint(self) -> Path:
        """File of the newest checkpoint."""
        return self.path / "checkpoint.safetensors"

    @property
    def previous_checkpoint(self) -> Path:
        """File of the checkpoint before the newest."""
        return self.path / "checkpoint.previous.safetensors"

    @property
    def weights(self) -> Path:
        """File of the trained model."""
        return self.path / "weights.safetensors"

    @property
    def tokenizer(self) -> Path:
        """File of the vocabulary; there for text only."""
        return self.path / "tokenizer.json"

    @property
    def lock(self) -> Path:
        """File that a process which trains here holds; see `lock_run`."""
        return self.path / LOCK

    @property
    def tensorboard(self) -> Path:
        """Folder of the TensorBoard files."""
        return self.path / "tensorboard"

    @classmethod
    def create(cls, path: str | os.PathLike[str], run: TrainingRun) -> "RunFolder":
        """Make the folder of a run, or enter that of the same run.

        Parameters
        ----------
        path : path-like
            Folder that is not there, is empty, or holds a run of the same identity; its parents
            are made too. A record of another run that was never begun gives way: it has no log,
            checkpoint or weights.
        run : TrainingRun
            Written if the folder has none.

        Returns
        -------
        RunFolder
            With a record on disk. Take `lock_run` before changing anything else.

        Raises
        ------
        InputError
            If the folder holds other files, a run of another identity or a damaged record, is in
            use by another process, or cannot be written.
        """
        folder = cls(Path(path).expanduser())
        _check_empty(folder, caller="create")
        with disk_errors(folder.path, caller="create"):
            folder.path.mkdir(parents=True, exist_ok=True)
        if folder.record.exists() and _is_run(folder, run):
            return folder
        with hold_lock(folder.path, caller="create"):
            # Another process may have been faster.
            if not (folder.record.exists() and _is_run(folder, run)):
                folder.save(run)
        return folder

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "RunFolder":
        """Enter the folder of a run.

        Parameters
        ----------
        path : path-like
            The folder.

        Raises
        ------
        InputError
            If it is no run, or one that this version cannot read.
        """
        folder = cls(Path(path).expanduser())
        folder._read(caller="open")
        return folder

    def read(self) -> TrainingRun:
        """Return the record.

        Raises
        ------
        InputError
            If it is missing, damaged, or written by a newer version.
        """
        return self._read(caller="read")

    def save(self, run: TrainingRun) -> None:
        """Replace the record.

        Parameters
        ----------
        run : TrainingRun
            The new one.

        Raises
        ------
        InputError
            If the disk refuses; the record is then as before.
        """
        self.write(self.record, run.to_json())

    def write(self, file: Path, content: str) -> None:
        """Replace a file of the folder, whole or not at all.

        Parameters
        ----------
        file : Path
            One of the paths of this folder.
        content : str
            All of it.

        Raises
        ------
        InputError
            If the disk refuses; the file is then as before.
        """
        data = content.encode()
        with disk_errors(self.path, caller="write", kept=lambda: "What was there is kept."):
            replace_file(file, lambda stream: stream.write(data))

    def _read(self, *, caller: str) -> TrainingRun:
        """Return the record, or say why there is none."""
        where = repr(str(self.path))
        if not self.record.is_file():
            what = "has no run.json" if self.path.is_dir() else "is not a folder"
            what = what if self.path.exists() else "is not there"
            raise InputError(
                f"{caller}: `path` must be the folder of a training run; got {where}, which {what}"
                ". Give what --out named in training."
            )
        try:
            data = json.loads(self.record.read_text(encoding="utf-8"))
            found = data.get("schema") if isinstance(data, dict) else None
            newer = _is_newer(found)
            run = None if newer else TrainingRun.from_dict(data)
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(
                f"{caller}: `path` must have a whole run.json; got a damaged one in {where} "
                f"({error!s:.160}). Put back a copy of it, or start a new run."
            ) from error
        if run is None:
            raise InputError(
                f"{caller}: `path` must be a run that this version can read; got {where} of "
                f"schema {found!r}. Install a newer spikedim."
            )
        return run


def _is_newer(schema: object) -> bool:
    """Say whether a record is of a later schema than ours."""
    kind, _, number = str(schema).partition("/")
    ours, _, newest = TrainingRun.schema.partition("/")
    return kind == ours and number.isdecimal() and int(number) > int(newest)


def _check_empty(folder: RunFolder, *, caller: str) -> None:
    """Refuse a folder with files that are not those of a run."""
    path = folder.path
    if not path.exists() or folder.record.exists():
        return
    if not path.is_dir():
        raise InputError(
            f"{caller}: `path` must be a folder; got the file {str(path)!r}. Choose another path."
        )
    foreign = sorted(
        entry.name
        for entry in path.iterdir()
        if entry.name != LOCK and not entry.name.startswith(TEMPORARY)
    )
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise InputError(
            f"{caller}: `path` must be an empty or new folder, or that of this run; got "
            f"{str(path)!r} with {foreign[0]!r}{more}. Choose another folder."
        )


def _is_run(folder: RunFolder, run: TrainingRun) -> bool:
    """Say whether a folder is that of a run; refuse one where another was begun."""
    other = folder._read(caller="create")
    if other.identity == run.identity:
        return True
    begun = (folder.log, folder.checkpoint, folder.previous_checkpoint, folder.weights)
    if not any(file.exists() for file in begun):
        return False
    name, theirs, ours = _difference(other, run)
    raise InputError(
        f"create: `path` must be the folder of this run; got {str(folder.path)!r} of a run with "
        f"{name} {theirs!r:.60} instead of {ours!r:.60}. Choose another folder."
    )


def _difference(one: TrainingRun, other: TrainingRun) -> tuple[str, Any, Any]:
    """Return what differs first, by dotted path, and both values."""
    name = next((n for n in _FIXED if getattr(one, n) != getattr(other, n)), "identity")
    a, b = getattr(one, name), getattr(other, name)
    while isinstance(a, dict) and isinstance(b, dict):
        differing = sorted(key for key in {*a, *b} if a.get(key) != b.get(key))
        key = next((key for key in differing if key not in _LABELS), differing[0])
        name, a, b = f"{name}.{key}", a.get(key), b.get(key)
    return name, a, b
