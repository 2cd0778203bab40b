"""What someone sees who waits for a training: one line that is redrawn, or a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from spikedim._core import AbstractProgress, SilentProgress

__all__ = ["TrainingBar", "TrainingLines", "training_progress"]

_BETWEEN_LINES = 10.0  # seconds
_BAR = 12  # columns, at least
_MINUTE, _HOUR = 60, 3600


def clock_time(seconds: float) -> str:
    """Return a duration as a clock shows it.

    Examples
    --------
    >>> clock_time(7.2), clock_time(125.0), clock_time(7384.0)
    ('0:07', '2:05', '2:03:04')
    """
    whole = round(seconds)
    minutes, rest = whole // _MINUTE, whole % _MINUTE
    if whole < _HOUR:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // _MINUTE}:{minutes % _MINUTE:02d}:{rest:02d}"


def moment_words(moment: Any, *, room: int | None = None) -> str:
    """Say in one line how far a training is and how well it goes.

    Parameters
    ----------
    moment : TrainingMoment
        From `spikedim.training.fit`.
    room : int, optional
        Columns there are; words are shortened, then left out from the end, until the rest fits.

    Returns
    -------
    str
        Update, epoch, loss, accuracy, validation accuracy, time left, speed: what is left out
        first comes last.
    """
    seen = moment.validation_accuracy
    checked = "" if seen is None else f"{100 * seen:.1f} %"
    speed = f"{moment.samples_per_second:,.{0 if moment.samples_per_second >= 10 else 1}f}"
    left = clock_time(moment.seconds_left)
    done = f"{moment.update:,}/{moment.updates:,}"
    turn = f"{moment.epoch}/{moment.epochs}"
    loss, right = f"{moment.loss:.3g}", f"{100 * moment.accuracy:.1f} %"
    long = [
        f"update {done}",
        f"epoch {turn}",
        f"loss {loss}",
        f"accuracy {right}",
        *([f"validation {checked}"] if checked else []),
        f"{left} left",
        f"{speed} samples/s",
    ]
    short = [
        done,
        f"epoch {turn}",
        f"loss {loss}",
        f"acc {right}",
        *([f"val {checked}"] if checked else []),
        f"{left} left",
        f"{speed}/s",
    ]
    if room is None or len("  ".join(long)) <= room:
        return "  ".join(long)
    while len(short) > 1 and len("  ".join(short)) > room:
        short.pop()
    return "  ".join(short)


@final
class TrainingBar(AbstractProgress):
    """One line on a terminal that is redrawn and vanishes when the work is done.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to draw; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = Console(stderr=True) if console is None else console
        self._bars = Progress(
            BarColumn(bar_width=_BAR),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
        )
        self._training: TaskID | None = None

    def __enter__(self) -> "TrainingBar":
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def watch(self, moment: Any) -> None:
        """Redraw the line of the training."""
        words = moment_words(moment, room=self._console.width - _BAR - 2)
        if self._training is None:
            self._training = self._bars.add_task(words, total=moment.updates)
        self._bars.update(self._training, completed=moment.update, description=words)

    def start(self, description: str, total: float | None) -> int:
        """Add a bar."""
        return int(self._bars.add_task(description, total=total))

    def advance(self, task: int, amount: float = 1) -> None:
        """Fill a bar by `amount`."""
        self._bars.advance(TaskID(task), amount)

    def finish(self, task: int) -> None:
        """Remove a bar."""
        self._bars.remove_task(TaskID(task))


@final
class TrainingLines(AbstractProgress):
    """Plain lines for a log file or a pipe, at most one in ten seconds.

    Parameters
    ----------
    write : callable, optional
        Takes a line with its end; standard error by default.
    clock : callable, optional
        Returns seconds.
    """

    def __init__(
        self,
        write: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = sys.stderr.write if write is None else write
        self._clock = clock
        self._next = -float("inf")

    def watch(self, moment: Any) -> None:
        """Write a line if the last one is long ago."""
        now = self._clock()
        if now >= self._next:
            self._next = now + _BETWEEN_LINES
            self._write(moment_words(moment) + "\n")

    def start(self, description: str, total: float | None) -> int:  # noqa: ARG002
        """Return 0."""
        return 0

    def advance(self, task: int, amount: float = 1) -> None:
        """Do nothing."""

    def finish(self, task: int) -> None:
        """Do nothing."""


@contextmanager
def training_progress(*, quiet: bool) -> Iterator[tuple[Any, Callable[[Any], None] | None]]:
    """Yield a listener for long work and one for the moments of a training; None for silence."""
    if quiet:
        yield SilentProgress(), None
    elif sys.stderr.isatty():
        with TrainingBar() as bar:
            yield bar, bar.watch
    else:
        lines = TrainingLines()
        yield lines, lines.watch
