"""What the laws of a decoder that knows the data's covariance share."""

from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.models import Population

__all__ = ["AbstractDataDecoder"]


class AbstractDataDecoder(AbstractLaw):
    """A law whose population is the data itself, firing with the data's mean."""

    def population(self, inputs: LawInputs) -> Population:
        """Return the data as a population."""
        return inputs.data_population

    def firing_rate(self, inputs: LawInputs) -> Assumed:
        """Return the measured mean of the data, which is its firing rate as a population."""
        mean = inputs.spectrum.mean
        return Assumed(mean, mean, mean, "measured: mean of the data as rates")
