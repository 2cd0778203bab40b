"""What values were seen, joined over calls and batches."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from spikedim.energy.operations import Values, join_values

__all__ = ["Evidence", "Looks", "Seen"]

_EXACT = (torch.float32, torch.float64)
_MOST = 16  # a mean of more spikes than these counts as a real number
_TOLERANCE = 1e-4  # of one unit, for scaled integers in single precision
_LATTICE = (Values.BINARY, Values.COUNTS, Values.SCALED_BINARY, Values.SCALED_COUNTS)
"""Multiples of a unit."""


@final
@dataclass(frozen=True)
class Evidence:
    """Class of values with the unit of scaled ones.

    Parameters
    ----------
    values : Values
        Smallest class that holds them.
    unit : float
        Their scale; 1 of classes without one.
    empty : bool
        Whether nothing but zeros was seen, which fit every class.
    """

    values: Values
    unit: float = 1.0
    empty: bool = False

    def join(self, other: "Evidence") -> "Evidence":
        """Return the smallest class that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        if self.unit == other.unit:
            return Evidence(join_values(self.values, other.values), self.unit)
        if not (self.values in _LATTICE and other.values in _LATTICE):
            return Evidence(Values.REAL)
        small, large = sorted((self.unit, other.unit))
        ratio = large / small
        if ratio > _MOST + _TOLERANCE or abs(ratio - round(ratio)) > _TOLERANCE:
            return Evidence(Values.REAL)
        return Evidence(Values.COUNTS if small == 1 else Values.SCALED_COUNTS, small)


@final
class Seen:
    """The values of one tensor: their class, and which are not zero.

    Parameters
    ----------
    x : Tensor
        Activations.
    evidence : Evidence
        Their class.
    """

    def __init__(self, x: Tensor, evidence: Evidence) -> None:
        self.x = x.detach()
        self.evidence = evidence

    @property
    def simple(self) -> bool:
        """Whether magnitudes say no more than zero or not."""
        return not self.evidence.values.whole

    def magnitudes(self) -> Tensor:
        """Return how many units each value is, exactly: 1 for every spike."""
        if self.simple:
            return self.indicator()
        units = self.x.double() / self.evidence.unit
        return units if self.evidence.values is Values.COUNTS else units.round()

    def indicator(self) -> Tensor:
        """Return 1 where values are not zero, in a type that sums fast and exactly."""
        if self.evidence.values is Values.BINARY and self.x.dtype in _EXACT:
            return self.x
        return (self.x != 0).to(torch.float32)


@final
class Looks:
    """Looks at tensors, once at each.

    Parameters
    ----------
    unit : float, optional
        A scale to try: 1 / T of means of T spikes.
    """

    def __init__(self, unit: float | None = None) -> None:
        self._unit = unit
        self._known: MutableMapping[Tensor, dict[object, Evidence]] = WeakTensorKeyDictionary()

    def see(self, x: Tensor, *, pooled: bool = False, code_steps: int | None = None) -> Seen:
        """Return what `x` holds; `pooled` rules scales out, `code_steps` proposes one."""
        unit = self._unit if code_steps is None else 1 / code_steps
        whole = x if x._base is None else x._base
        known = self._known.setdefault(whole, {})
        # Views of everything hold the same values in another order.
        part = None if x.numel() == whole.numel() else (x.storage_offset(), x.shape, x.stride())
        key = x._version, pooled, part, unit
        if key not in known:
            known[key] = _evidence(x.detach(), unit, pooled)
        return Seen(x, known[key])


def _evidence(x: Tensor, unit: float | None, pooled: bool) -> Evidence:
    if not x.numel():
        return Evidence(Values.BINARY, empty=True)
    if not x.is_floating_point():
        x = x.double()
    low, high = (float(end) for end in torch.aminmax(x))
    if low >= 0 and high in (0.0, 1.0) and torch.equal(x * x, x):
        return Evidence(Values.BINARY, empty=high == 0)
    if low.is_integer() and high.is_integer() and torch.equal(x, x.round()):
        if low >= 0:
            return Evidence(Values.COUNTS)
        return Evidence(Values.TERNARY if low >= -1 and high <= 1 else Values.REAL)
    if low < 0 or pooled:
        return Evidence(Values.REAL)
    if unit is not None and _is_whole(x, unit):
        return Evidence(Values.SCALED_COUNTS, unit)
    if bool(((x == 0) | (x == high)).all()):
        return Evidence(Values.SCALED_BINARY, high)
    least = float(x[x != 0].min())
    if high <= (_MOST + _TOLERANCE) * least and _is_whole(x, least):
        return Evidence(Values.SCALED_COUNTS, least)
    return Evidence(Values.REAL)


def _is_whole(x: Tensor, unit: float) -> bool:
    """Say whether every value is a multiple of a unit, but for rounding."""
    units = x.double() / unit
    return bool(((units - units.round()).abs() <= _TOLERANCE).all())
