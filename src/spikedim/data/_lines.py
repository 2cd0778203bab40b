"""Lines of text files, whose length nobody promised."""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, final

from spikedim.data._source import refuse

__all__ = ["BoundedLines"]

# A letter of a long row of short numbers, as text and as Python and numpy numbers, while the row
# before it is still held: measured 85.
_LETTER_BYTES = 96


@final
class BoundedLines(Iterator[str]):
    """The lines of a stream; those since the last `done` must fit the memory budget."""

    def __init__(self, stream: TextIO, path: Path, budget: int) -> None:
        self._stream, self._path, self._budget = stream, path, budget
        self._most = budget // _LETTER_BYTES
        self._taken = 0
        self._number = 0

    def __next__(self) -> str:
        """Return the next line, its end included; never read on beyond the limit."""
        line = self._stream.readline(self._most - self._taken + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self._taken += len(line)
        if self._taken > self._most:
            raise refuse(
                f"be at least {_LETTER_BYTES} bytes for each letter of one row",
                f"{self._budget:,} for more than {self._most:,} letters up to line "
                f"{self._number} of {self._path}",
                "Raise it, or split that row.",
                name="memory_budget",
            )
        return line

    def done(self) -> None:
        """Count anew: what was read so far has been used and dropped."""
        self._taken = 0
