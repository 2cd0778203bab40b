"""Tables and texts in .csv and .tsv files, read line by line."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._embedding import embed
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._lines import BoundedLines
from spikedim.data._source import Request, Source, check_labels, refuse
from spikedim.data._texts import LABEL_NAMES, TEXT_NAMES, Texts

__all__ = ["class_numbers", "open_delimited", "read_texts"]

_MAX_LABEL = 2.0**53  # beyond it float64 does not tell whole numbers apart


@dataclass(frozen=True)
class _Layout:
    path: Path
    budget: int
    delimiter: str
    has_header: bool
    width: int
    label: int | None
    text: int | None


def open_delimited(path: Path, request: Request) -> Source:
    """Return a table of numbers, or embedded texts if a column is named like a text column."""
    if request.split != "train":
        raise refuse(
            "be 'train' for a single file", repr(request.split), "Name the file.", name="split"
        )
    layout = _layout(path, request.memory_budget)
    if layout.text is not None:
        return embed(read_texts(path, request.memory_budget), request)
    count, letters, raw = 0, 0, []
    for count, row in enumerate(_rows(layout), 1):  # noqa: B007
        if layout.label is not None:
            raw.append(row[layout.label])
            letters += len(raw[-1])
            check_labels(len(raw), request.memory_budget, letters=letters)
    labels, names = class_numbers(raw) if raw else (None, ())
    columns = [i for i in range(layout.width) if i != layout.label]
    if not columns:
        raise refuse("hold at least one column of numbers", path, "There are only labels.")
    fingerprint, notes = fingerprint_paths([path], path)

    def read(rows: int) -> Iterator[AnyArray]:
        out = np.empty((rows, len(columns)))
        filled = 0
        for number, row in enumerate(_rows(layout)):
            try:
                out[filled] = [float(row[i]) for i in columns]
            except ValueError as error:
                raise _not_a_number(layout, columns, row, number) from error
            filled += 1
            if filled == rows:
                yield out
                out, filled = np.empty((rows, len(columns))), 0
        if filled:
            yield out[:filled]

    return Source(
        modality="table",
        item_shape=(len(columns),),
        count=count,
        dtype=np.dtype(np.float64),
        read=read,
        fingerprint=fingerprint,
        labels=labels,
        class_names=names,
        notes=notes,
    )


def read_texts(path: Path, budget: int) -> Texts:
    """Return the text column of a file with a header, and its labels if it has any."""
    layout = _layout(path, budget)
    if layout.text is None:
        raise refuse(
            f"have a header with a text column ({', '.join(TEXT_NAMES)})",
            f"columns {', '.join(_header(layout)) or '(no header)'} in {path}",
            "Rename the column.",
        )
    if path.stat().st_size > budget // 4:
        raise refuse(
            "be at least four times the size of a text file",
            f"{budget:,} for {path.stat().st_size:,} bytes in {path}",
            "Raise it.",
            name="memory_budget",
        )
    texts, raw = [], []
    for row in _rows(layout):
        texts.append(row[layout.text])
        if layout.label is not None:
            raw.append(row[layout.label])
    labels, names = class_numbers(raw) if raw else (None, ())
    fingerprint, notes = fingerprint_paths([path], path)
    return Texts(
        texts=texts, fingerprint=fingerprint, labels=labels, class_names=names, notes=notes
    )


def class_numbers(raw: list[str]) -> tuple[AnyArray, tuple[str, ...]]:
    """Return whole numbers or targets as they are, and other labels numbered by sorted name."""
    try:
        values = np.array([float(value) for value in raw])
    except ValueError:
        values = np.array([np.nan])
    if not (np.abs(values) < _MAX_LABEL).all():
        # Not as an array of text, which is as wide as its longest label.
        names = tuple(sorted(set(raw)))
        number = {name: i for i, name in enumerate(names)}
        return np.array([number[name] for name in raw], np.int64), names
    if (values == np.rint(values)).all():
        return values.astype(np.int64), ()
    return values, ()


def _layout(path: Path, budget: int) -> _Layout:
    """Find delimiter, header and the special columns from the first lines."""
    tabs = path.suffix.lower() == ".tsv"
    with _open(path) as stream:
        lines = BoundedLines(stream, path, budget)
        first = next(lines, "")
        if not first.strip():
            raise refuse("hold at least 2 rows", path, "The file is empty.")
        semicolons = ";" in first and "," not in first
        tabbed = tabs or ("\t" in first and "," not in first)
        delimiter = "\t" if tabbed else ";" if semicolons else ","
        reader = _reader(chain([first], lines), delimiter)
        head = _row(reader, path)
        width, has_header = len(head), not any(_is_number(cell) for cell in head)
        special: dict[str, int] = {}
        for column, cell in enumerate(head if has_header else ()):
            name = cell.strip().lower()
            if name in LABEL_NAMES or name in TEXT_NAMES:
                special.setdefault(name, column)
        del head, first  # only one row at a time
        lines.done()
        second = _row(reader, path) if has_header else []
    if has_header and not second and not tabs:
        raise refuse("hold numbers", path, "There is only one line, and it is text.")
    label = next((special[name] for name in LABEL_NAMES if name in special), None)
    text = next((special[name] for name in TEXT_NAMES if name in special), None)
    if text is not None and len(second) > text and _is_number(second[text]):
        text = None
    return _Layout(path, budget, delimiter, has_header, width, label, text)


def _header(layout: _Layout) -> list[str]:
    """Read the names of the columns again, for a message; none without a header."""
    if not layout.has_header:
        return []
    with _open(layout.path) as stream:
        lines = BoundedLines(stream, layout.path, layout.budget)
        return [cell.strip() for cell in _row(_reader(lines, layout.delimiter), layout.path)]


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _row(reader: Any, path: Path) -> list[str]:
    """Return the next row, which may span lines inside quotes; none at the end."""
    try:
        row: list[str] = next(reader, [])
    except csv.Error as error:
        raise _ill_formed(reader, path, error) from error
    return row


def _ill_formed(reader: Any, path: Path, error: csv.Error) -> Exception:
    return refuse("be a well-formed table", f"line {reader.line_num} of {path}", f"{error}.")


def _reader(lines: Iterable[str], delimiter: str) -> Any:
    """Return a csv reader; tab-separated files (GLUE's) do not quote."""
    if delimiter == "\t":
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter)


def _rows(layout: _Layout) -> Iterator[list[str]]:
    """Yield rows without the header and blank lines; refuse ragged ones."""
    with _open(layout.path) as stream:
        lines = BoundedLines(stream, layout.path, layout.budget)
        reader = _reader(lines, layout.delimiter)
        try:
            if layout.has_header:
                next(reader)
            for row in reader:
                lines.done()
                if not row:
                    continue
                if len(row) != layout.width:
                    raise refuse(
                        f"have {layout.width} columns in every row",
                        f"{len(row)} on line {reader.line_num} of {layout.path}",
                        "Fix that line.",
                    )
                yield row
        except csv.Error as error:
            raise _ill_formed(reader, layout.path, error) from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _not_a_number(layout: _Layout, columns: list[int], row: list[str], number: int) -> Exception:
    """Name the first cell of a row that is not a number."""
    column = next(i for i in columns if not _is_number(row[i]))
    name = _header(layout)[column] if layout.has_header else str(column)
    return refuse(
        "hold numbers outside its label column",
        f"{row[column]!r} in column {name!r}, sample {number} of {layout.path}",
        f"Remove the column, or call it one of {', '.join(LABEL_NAMES[:4])}.",
    )
