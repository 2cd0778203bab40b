"""How a rule set books one operation: so many picojoule for each of something."""

from typing import NamedTuple, final

__all__ = ["Charge"]


@final
class Charge(NamedTuple):
    """One entry in the books: ``fixed_pj + per_pj * value of a field``.

    Linear in what differs between samples, so that an interval over samples follows from the
    counts of each.

    Parameters
    ----------
    operation : int or None
        Place in `OperationCounts.operations`; None of what belongs to no layer.
    part : str
        Part of the sum.
    booked_as : str
        How, in words: ``"additions"``, ``"multiplications, once"``, ``"free: folded"``.
    per_pj : float
        Picojoule for each unit of `field`.
    field : str
        One of `SAMPLED`; empty if nothing is charged by it.
    fixed_pj : float
        Picojoule that do not depend on the sample.
    """

    operation: int | None
    part: str
    booked_as: str
    per_pj: float = 0.0
    field: str = ""
    fixed_pj: float = 0.0
