"""The contracted rotation y -> beta y + delta (mod 1), whose winding number is a firing rate."""

import math
from fractions import Fraction

import numpy as np

from spikedim._core import InputError

__all__ = ["check_leak", "offset_for_rotation", "rotation_number"]

LARGEST_LEAK = 0.9999
_LARGEST_DENOMINATOR = 10_000


def check_leak(leak: float, caller: str) -> None:
    """Raise `InputError` if the series for this leak would be too long."""
    if LARGEST_LEAK < leak < 1:
        raise InputError(
            f"{caller}: `parameters` must have a leak of at most {LARGEST_LEAK} or exactly 1; "
            f"got {leak!r}. Use 1: the rate differs by less than {1 - LARGEST_LEAK:.0e}."
        )


def _powers(leak: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    terms = math.ceil(math.log(1e-18 * (1 - leak)) / math.log(leak)) + 1
    return np.asarray(leak ** np.arange(1, terms + 1, dtype=np.float64))


def _offset(
    rotation: float | Fraction,
    leak: float,
    powers: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> float:
    """Return the Hecke-Mahler series: the largest delta with this rotation number."""
    steps = np.arange(1, len(powers) + 2)
    if isinstance(rotation, Fraction):  # in integers: 100 * 0.97 must be 97, not a hair less
        turns = steps * rotation.numerator // rotation.denominator
    else:
        turns = np.floor(steps * rotation)
    return (1 - leak) * (1 + float(np.dot(np.diff(turns), powers)))


def _nearby_fraction(rotation: float) -> Fraction | None:
    """Return the fraction of small denominator that `rotation` is a rounding of, if any."""
    fraction = Fraction(rotation).limit_denominator(_LARGEST_DENOMINATOR)
    return fraction if abs(float(fraction) - rotation) < 1e-12 else None


def offset_for_rotation(rotation: float, leak: float) -> float:
    """Return delta for a rotation number in (0, 1), amid the plateau if it is rational.

    At p/q the rotation number is locked over a plateau of width (1-b)^2 b^(q-1) / (1-b^q); the
    series gives its upper edge, where rounding would decide.
    """
    fraction = _nearby_fraction(rotation)
    edge = _offset(rotation if fraction is None else fraction, leak, _powers(leak))
    if fraction is None:
        return edge
    q = fraction.denominator
    return edge - (1 - leak) ** 2 * leak ** (q - 1) / (1 - leak**q) / 2


def rotation_number(offset: float, leak: float) -> float:
    """Return the smallest rotation number whose series reaches `offset`, by bisection."""
    powers = _powers(leak)
    low, high = 0.0, 1.0
    while high - low > 1e-15:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _offset(middle, leak, powers) < offset:
            low = middle
        else:
            high = middle
    fraction = _nearby_fraction(high)
    return high if fraction is None else float(fraction)
