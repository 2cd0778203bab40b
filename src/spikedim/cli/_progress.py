"""Progress bars."""

from types import TracebackType
from typing import final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from spikedim._core import AbstractProgress

__all__ = ["RichProgress"]


@final
class RichProgress(AbstractProgress):
    """Bars on standard error that vanish when the work is done."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> "RichProgress":
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def start(self, description: str, total: float | None) -> int:
        """Add a bar."""
        return int(self._bars.add_task(description, total=total))

    def advance(self, task: int, amount: float = 1) -> None:
        """Fill a bar by `amount`."""
        self._bars.advance(TaskID(task), amount)

    def finish(self, task: int) -> None:
        """Remove a bar."""
        self._bars.remove_task(TaskID(task))
