"""How many steps a pass takes: one T, a T for each population, or exact rates."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

__all__ = ["Allocated", "CodeLength", "code_steps_of", "order_of", "steps_of"]


@final
@dataclass(frozen=True)
class Allocated:
    """A T for each population of a twin.

    Parameters
    ----------
    lengths : tuple of (str, int)
        Names and their T, in the order of the forward pass.
    """

    lengths: tuple[tuple[str, int], ...]

    @property
    def steps(self) -> int:
        """The largest T."""
        return max(steps for _, steps in self.lengths)


CodeLength = int | Allocated | None
"""T, a T for each population, or None for exact rates."""


def steps_of(length: CodeLength) -> int | None:
    """Return T, the largest of several; None for exact rates."""
    return length.steps if isinstance(length, Allocated) else length


def code_steps_of(length: CodeLength) -> int | Mapping[str, int] | None:
    """Return what a twin takes as `code_steps`."""
    return dict(length.lengths) if isinstance(length, Allocated) else length


def order_of(length: CodeLength) -> tuple[float, int]:
    """Return what sorts every T, then the allocation, then exact rates."""
    if isinstance(length, Allocated):
        return math.inf, 0
    return (math.inf, 1) if length is None else (float(length), 0)
