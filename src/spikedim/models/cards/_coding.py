"""What the activity of a model is: spikes, or rates in its twin."""

from enum import StrEnum

__all__ = ["Coding"]


class Coding(StrEnum):
    """``SPIKES``: 0 or 1 at every step; ``RATES``: one number in [0, 1], softmax attention."""

    SPIKES = "spikes"
    RATES = "rates"
