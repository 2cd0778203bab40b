"""Progress without printing: rooms report to an object that the caller supplies."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TypeVar, final

__all__ = ["AbstractProgress", "SilentProgress"]

Item = TypeVar("Item")


class AbstractProgress(ABC):
    """Someone who wants to know how far a long computation is."""

    @abstractmethod
    def start(self, description: str, total: float | None) -> int:
        """Open a task of `total` units (None if unknown) and return its number."""

    @abstractmethod
    def advance(self, task: int, amount: float = 1) -> None:
        """Say that `amount` more units of `task` are done."""

    @abstractmethod
    def finish(self, task: int) -> None:
        """Close `task`."""

    def track(
        self, items: Iterable[Item], description: str, total: float | None = None
    ) -> Iterator[Item]:
        """Yield `items`, advancing one unit after each."""
        task = self.start(description, total)
        try:
            for item in items:
                yield item
                self.advance(task)
        finally:
            self.finish(task)


@final
class SilentProgress(AbstractProgress):
    """The default listener: does nothing."""

    def start(self, description: str, total: float | None) -> int:  # noqa: ARG002
        """Return 0."""
        return 0

    def advance(self, task: int, amount: float = 1) -> None:
        """Do nothing."""

    def finish(self, task: int) -> None:
        """Do nothing."""
