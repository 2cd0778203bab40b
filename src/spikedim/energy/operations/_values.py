"""What the numbers that enter an operation were seen to be."""

from enum import StrEnum

__all__ = ["Values", "join_values"]


class Values(StrEnum):
    """Class of the values that were observed, over all samples and steps.

    The smallest class that holds every value: all zeros are ``BINARY``; signed integers other
    than -1, 0 and 1 are ``REAL``.
    """

    BINARY = "binary"  # 0 and 1
    TERNARY = "ternary"  # -1, 0 and 1
    COUNTS = "counts"  # non-negative integers: sums of spikes
    SCALED_BINARY = "scaled binary"  # 0 and one other positive number, the same everywhere
    SCALED_COUNTS = "scaled counts"  # non-negative integers times one scale: means of spikes
    REAL = "real"  # anything else

    @property
    def spiking(self) -> bool:
        """Whether an operation on such a value needs additions only, up to one common scale."""
        return self is not Values.REAL

    @property
    def whole(self) -> bool:
        """Whether values above 1 occur, so that one synaptic operation is several additions."""
        return self in (Values.COUNTS, Values.SCALED_COUNTS)


_JOINS = {
    frozenset({Values.BINARY, Values.TERNARY}): Values.TERNARY,
    frozenset({Values.BINARY, Values.COUNTS}): Values.COUNTS,
    frozenset({Values.SCALED_BINARY, Values.SCALED_COUNTS}): Values.SCALED_COUNTS,
}


def join_values(a: Values, b: Values) -> Values:
    """Return the smallest class that holds the values of both, whose scales agree."""
    return a if a is b else _JOINS.get(frozenset({a, b}), Values.REAL)
