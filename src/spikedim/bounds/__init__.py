"""Theorems as functions: plain numbers in, a `Bound` with its assumptions out."""

from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._epsilon import Epsilon, EpsilonKind

__all__ = ["Assumption", "Bound", "BoundKind", "Epsilon", "EpsilonKind"]
