"""One table, written once and shown as terminal text, HTML, CSV or LaTeX."""

import csv
import io
from dataclasses import dataclass
from typing import final

from spikedim.report._format import DASH, TIMES

__all__ = ["Column", "Quantity", "Table"]

_SENTENCE = 60  # characters
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        DASH: "--",
        TIMES: r"\ensuremath{\times}",
        "≥": r"\ensuremath{\geq}",
        "≤": r"\ensuremath{\leq}",
        "ε": r"\ensuremath{\varepsilon}",
        "√": r"\ensuremath{\surd}",
        "·": r"\ensuremath{\cdot}",
        "→": r"\ensuremath{\rightarrow}",
        "…": r"\ldots{}",
        "\n": " ",
    }
)


@final
@dataclass(frozen=True)
class Quantity:
    """A number in a cell: how it reads, and what it is.

    Parameters
    ----------
    text : str
        As shown to people, e.g. ``"4 (3-6)"``.
    value, low, high : float or None
        As written to CSV; None if unknown.
    """

    text: str
    value: float | int | None = None
    low: float | int | None = None
    high: float | int | None = None


@final
@dataclass(frozen=True)
class Column:
    """A column: name, unit and whether it holds numbers.

    Parameters
    ----------
    name, unit : str
        Header; `unit` is empty for text and pure numbers.
    numeric : bool
        Numbers are right-aligned.
    interval : bool
        Whether CSV gets two more columns, the ends of the interval.
    expendable : int
        Above 0 a narrow terminal may leave it out; the highest number goes first.
    """

    name: str
    unit: str = ""
    numeric: bool = False
    interval: bool = False
    expendable: int = 0

    @property
    def header(self) -> str:
        """Name and unit, e.g. ``T [steps]``."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@final
@dataclass(frozen=True)
class Table:
    """Rows of text and quantities under columns with units.

    Parameters
    ----------
    title : str
        What the table shows.
    columns : tuple of Column
        Headers.
    rows : tuple of tuple
        One `str` or `Quantity` per column.
    emphasised : int or None
        Index of the row that the answer rests on.

    Examples
    --------
    >>> table = Table("Steps", (Column("law"), Column("T", "steps", True, True)),
    ...               (("wiener", Quantity("4 (3-6)", 4, 3, 6)),))
    >>> print(table.to_csv(), end="")
    law,T [steps],T low [steps],T high [steps]
    wiener,4,3,6
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Quantity, ...], ...]
    emphasised: int | None = None

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The rows as text."""
        return tuple(
            tuple(cell.text if isinstance(cell, Quantity) else cell for cell in row)
            for row in self.rows
        )

    @property
    def wordy(self) -> tuple[bool, ...]:
        """Whether each column holds sentences, which a page must give room."""
        return tuple(
            any(len(row[place]) > _SENTENCE for row in self.cells)
            for place in range(len(self.columns))
        )

    def to_csv(self) -> str:
        """Return comma-separated values, one column per number, intervals as two more columns."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        header: list[str] = []
        for column in self.columns:
            unit = f" [{column.unit}]" if column.unit else ""
            ends = ("", " low", " high") if column.interval else ("",)
            header += [f"{column.name}{end}{unit}" for end in ends]
        writer.writerow(header)
        for row in self.rows:
            values: list[object] = []
            for column, cell in zip(self.columns, row, strict=True):
                values += _csv_cells(column, cell)
            writer.writerow(values)
        return stream.getvalue()

    def to_latex(self) -> str:
        """Return a ``tabular`` with booktabs rules; needs no package but booktabs."""
        form = "".join("r" if column.numeric else "l" for column in self.columns)
        lines = [rf"\begin{{tabular}}{{{form}}}", r"\toprule"]
        lines.append(" & ".join(_latex(column.header) for column in self.columns) + r" \\")
        lines.append(r"\midrule")
        lines += [" & ".join(_latex(cell) for cell in row) + r" \\" for row in self.cells]
        return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _csv_cells(column: Column, cell: str | Quantity) -> list[object]:
    """Values of one cell; text that a spreadsheet would run as a formula is quoted."""
    width = 3 if column.interval else 1
    if isinstance(cell, Quantity):
        values = [cell.value, cell.low, cell.high][:width]
        return ["" if value is None else value for value in values]
    quoted = f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
    return [quoted, *[""] * (width - 1)]


def _latex(text: str) -> str:
    """Escape what TeX would interpret."""
    return text.translate(_LATEX)
