"""A table that gives way to a narrow terminal column by column, and never cuts a number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from spikedim.report._table import Column, Table

__all__ = ["FittedTable"]

_NAME_WIDTH = 36  # names up to this long stay on one line
_TEXT_WIDTH = 12  # below which other text would become a ribbon
_GAP = 3  # columns between two columns


@final
@dataclass(frozen=True)
class FittedTable:
    """A Rich renderable: the table as it is, without expendable columns, or row by row.

    Parameters
    ----------
    table : Table
        Any report table.
    """

    table: Table

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the first form that fits the width there is."""
        room = options.max_width
        places = list(range(len(self.table.columns)))
        while (widths := self._widths(places, room)) is None:
            going = max(places, key=lambda place: self.table.columns[place].expendable)
            if not self.table.columns[going].expendable:
                yield Padding(Text(self.table.title, style="bold"), (1, 0, 0, 0))
                yield self._stacked()
                return
            places.remove(going)
        yield Padding(self._side_by_side(places, widths), (1, 0, 0, 0))
        if absent := [c.name for k, c in enumerate(self.table.columns) if k not in places]:
            yield Text(f"Left out of so narrow a table: {', '.join(absent)}.", style="dim")

    def _widths(self, places: Sequence[int], room: int) -> list[int] | None:
        """Return the widths of columns, None if they cannot fit without cutting a number."""
        room -= _GAP * (len(places) - 1)
        widths = [self._extent(place, self.table.columns[place].header) for place in places]
        for parts in (_whole, _name_and_unit, _words):
            least = [self._least(place, parts) for place in places]
            if sum(least) <= room:
                break
        else:
            return None
        while sum(widths) > room:  # the widest column that can gives way
            at = max(range(len(widths)), key=lambda k: (widths[k] > least[k], widths[k]))
            widths[at] -= 1
        return widths

    def _extent(self, place: int, header: str) -> int:
        """Width of the longest line in a column."""
        lines = [line for row in self.table.cells for line in row[place].splitlines()]
        return max(1, cell_len(header), *map(cell_len, lines))

    def _least(self, place: int, parts: Callable[[Column], list[str]]) -> int:
        """Width below which a column would cut a number, a name, a word or a part of a header."""
        column = self.table.columns[place]
        if column.numeric:
            return max(self._extent(place, part) for part in parts(column))
        whole = self._extent(place, column.header)
        if place == 0 and whole <= _NAME_WIDTH:
            return whole
        words = [_longest_word(row[place]) for row in self.table.cells]
        most = _NAME_WIDTH if place == 0 else _TEXT_WIDTH
        return min(most, max(map(cell_len, [_longest_word(column.header), *words])))

    def _side_by_side(self, places: Sequence[int], widths: Sequence[int]) -> RichTable:
        view = RichTable(
            title=Text(self.table.title), title_justify="left", title_style="bold",
            box=SIMPLE_HEAD, show_edge=False, pad_edge=False,
        )  # fmt: skip
        for place, width in zip(places, widths, strict=True):
            column = self.table.columns[place]
            parts = [column.header] if cell_len(column.header) <= width else _name_and_unit(column)
            view.add_column(
                Text("\n".join(filter(None, parts))),
                justify="right" if column.numeric else "left",
                width=width,
                overflow="fold",
            )
        for number, row in enumerate(self.table.cells):
            style = "bold" if number == self.table.emphasised else ""
            view.add_row(*(Text(row[place]) for place in places), style=style)
        return view

    def _stacked(self) -> RichTable:
        """One line for each cell, an empty line between two rows."""
        view = RichTable.grid(padding=(0, 2, 0, 0))
        headers = [column.header for column in self.table.columns]
        view.add_column(min_width=min(_TEXT_WIDTH, max(map(len, headers))), overflow="fold")
        view.add_column(overflow="fold")
        for row in self.table.cells:
            view.add_row("", "")
            for header, cell in zip(headers, row, strict=True):
                view.add_row(Text(header, style="dim"), Text(cell))
        return view


def _whole(column: Column) -> list[str]:
    return [column.header]


def _name_and_unit(column: Column) -> list[str]:
    return [column.name, column.header.removeprefix(column.name).strip()]


def _words(column: Column) -> list[str]:
    return column.header.split()


def _longest_word(text: str) -> str:
    return max(text.split(), key=cell_len, default="")
