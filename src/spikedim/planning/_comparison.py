"""What `compare` returns."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["Comparison", "ComparisonRow"]


@final
@dataclass(frozen=True)
class ComparisonRow:
    """One field in which two results differ.

    Parameters
    ----------
    name : str
        The field, in words.
    unit : str
        Unit of `a` and `b`, empty for text.
    a, b : str
        Both values as text, intervals included.
    ratio : float or None
        b / a for numbers that may be compared, else None.
    reason : str
        Why there is no ratio; empty if there is one or the field is text.
    """

    name: str
    unit: str
    a: str
    b: str
    ratio: float | None = None
    reason: str = ""


@final
@dataclass(frozen=True)
class Comparison(Result):
    """Two results side by side.

    Parameters
    ----------
    headline : str
        The difference in one sentence.
    kind : str
        ``"plan"`` or ``"measurement"``.
    a, b : str
        Short names of the two results.
    rows : tuple of ComparisonRow
        The fields that differ, the answer first.
    refusals : tuple of str
        Why some ratios are not given, one sentence each.
    same : tuple of str
        Names of compared fields that do not differ.
    """

    schema: ClassVar[str] = "spikedim.comparison/1"

    headline: str
    kind: str
    a: str
    b: str
    rows: tuple[ComparisonRow, ...]
    refusals: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
