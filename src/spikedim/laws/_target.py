"""What a law promises: which error, or how much accuracy."""

from enum import StrEnum

__all__ = ["LawTarget"]


class LawTarget(StrEnum):
    """What the steps of a law are for.

    An error target means another thing under each: that of the data after a decoder, or that of
    the outputs of a network against the same network with exact rates.
    """

    DATA_ERROR = "error of the data"
    OUTPUT_ERROR = "error of the outputs"
    ACCURACY = "accuracy"
