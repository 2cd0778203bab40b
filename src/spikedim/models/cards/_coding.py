"""What the activity of a model is: spikes, rates in its twin, or activations."""

from enum import StrEnum

__all__ = ["Coding"]


class Coding(StrEnum):
    """What the populations of a model carry.

    ``SPIKES``: 0 or 1 at every step; ``RATES``: one number in [0, 1], softmax attention;
    ``ACTIVATIONS``: one real number, as in an ordinary network, softmax attention.
    """

    SPIKES = "spikes"
    RATES = "rates"
    ACTIVATIONS = "activations"

    @property
    def spiking(self) -> bool:
        """Whether there are neurons: membranes, thresholds, and steps that differ."""
        return self is Coding.SPIKES

    @property
    def suffix(self) -> str:
        """What names of models end in: nothing, ``":softmax"``, ``":ann"``."""
        return _SUFFIXES[self]

    @property
    def network(self) -> str:
        """Kind of network with its article, as messages say it."""
        return _NETWORKS[self]


_SUFFIXES = {Coding.SPIKES: "", Coding.RATES: ":softmax", Coding.ACTIVATIONS: ":ann"}
_NETWORKS = {
    Coding.SPIKES: "a spiking network",
    Coding.RATES: "a rate-coded twin",
    Coding.ACTIVATIONS: "an ordinary network",
}
