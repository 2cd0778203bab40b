"""An interval with its level and the way it was made."""

from dataclasses import dataclass
from typing import final

from spikedim._core._errors import InputError

__all__ = ["Interval"]


@final
@dataclass(frozen=True)
class Interval:
    """A closed interval [low, high].

    Parameters
    ----------
    low, high : float
        Ends, in the unit of the quantity they bracket; ``low <= high``.
    level : float
        Nominal coverage in (0, 1), 0.95 by default; 1.0 for a range that is certain.
    method : str
        How it was made, e.g. ``"delete-d jackknife"`` or ``"published"``.

    Raises
    ------
    InputError
        If ``low > high``.

    Examples
    --------
    >>> Interval(1.0, 3.0).half_width
    1.0
    """

    low: float
    high: float
    level: float = 0.95
    method: str = "unspecified"

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise InputError(f"Interval: `low` must be <= `high`; got [{self.low}, {self.high}].")

    @property
    def half_width(self) -> float:
        """Half of the distance between the ends."""
        return (self.high - self.low) / 2
