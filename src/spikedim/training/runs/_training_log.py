"""The log of a run, one JSON object a line."""

import json
import os
from dataclasses import dataclass
from typing import final

from spikedim._core import InputError
from spikedim.training.runs._log_line import LogLine
from spikedim.training.runs._replace_file import disk_errors, replace_file
from spikedim.training.runs._run_folder import RunFolder

__all__ = ["TrainingLog", "read_log"]


@final
@dataclass(frozen=True)
class TrainingLog:
    """Adds lines to the log of a run.

    Parameters
    ----------
    folder : RunFolder
        Whose lock the caller holds.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from spikedim.training.runs import LogKind
    >>> with tempfile.TemporaryDirectory() as path:
    ...     log = TrainingLog(RunFolder(Path(path)))
    ...     for update in (1, 2, 3):
    ...         log.append(LogLine(LogKind.UPDATE, update=update, epoch=1, loss=1.0))
    ...     log.cut(2)
    ...     [line.update for line in read_log(log.folder)]
    [1, 2]
    """

    folder: RunFolder

    def append(self, line: LogLine) -> None:
        """Add a line at the end.

        Parameters
        ----------
        line : LogLine
            With finite numbers.

        Raises
        ------
        InputError
            If the disk refuses; the lines before are kept and no half line stays.
        NumericsError
            If a number is NaN or infinite.

        Notes
        -----
        One write to the file; `sync` brings it to the disk.
        """
        data = _encode(line)
        with disk_errors(self.folder.path, caller="append", kept=lambda: "The log is kept."):
            handle = os.open(self.folder.log, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                end = _end_of_lines(handle)
                try:
                    _write_at(handle, data, end)
                except OSError:
                    os.ftruncate(handle, end)
                    raise
            finally:
                os.close(handle)

    def sync(self) -> None:
        """Bring the log to the disk; to be called before a checkpoint."""
        if self.folder.log.exists():
            with (
                disk_errors(self.folder.path, caller="sync"),
                self.folder.log.open("rb") as stream,
            ):
                os.fsync(stream.fileno())

    def cut(self, update: int) -> None:
        """Forget every line after an update, as a resumed run does.

        Parameters
        ----------
        update : int
            Last update that is kept.

        Raises
        ------
        InputError
            If the log is damaged or the disk refuses; the log is then as before.
        """
        if not self.folder.log.exists():
            return
        kept = b"".join(_encode(line) for line in read_log(self.folder) if line.update <= update)
        with disk_errors(self.folder.path, caller="cut", kept=lambda: "The log is kept."):
            replace_file(self.folder.log, lambda stream: stream.write(kept))


def read_log(folder: RunFolder) -> tuple[LogLine, ...]:
    """Return all lines of a log, without what a killed process left half-written at its end.

    Parameters
    ----------
    folder : RunFolder
        The run.

    Returns
    -------
    tuple of LogLine
        In the order written; empty without a log.

    Raises
    ------
    InputError
        If a line that is followed by a good one cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_log(RunFolder(Path("nowhere")))
    ()
    """
    try:
        data = folder.log.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(
            f"read_log: `folder` must have a readable log; got {str(folder.log)!r} "
            f"({error.strerror})."
        ) from error
    lines: list[LogLine] = []
    broken: tuple[int, InputError] | None = None
    for number, text in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            line = LogLine.from_json(text.decode("utf-8", "replace"))
        except InputError as error:
            broken = broken or (number, error)
            continue
        if broken is not None:
            raise InputError(
                f"read_log: `folder` must have a whole log; got {str(folder.log)!r} with line "
                f"{broken[0]} damaged ({broken[1]!s:.120}). Delete that line."
            ) from broken[1]
        lines.append(line)
    return tuple(lines)


def _encode(line: LogLine) -> bytes:
    """Return a line as it stands in the file."""
    line.to_json()  # refuses NaN
    return json.dumps(line.to_dict(), separators=(",", ":")).encode() + b"\n"


def _end_of_lines(handle: int) -> int:
    """Return where the next line begins: behind the last whole one."""
    end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - 4096)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _write_at(handle: int, data: bytes, start: int) -> None:
    """Write a line in the place of a half one."""
    os.ftruncate(handle, start)
    done = 0
    while done < len(data):
        done += os.pwrite(handle, data[done:], start + done)
