"""What the laws that were measured on a network share."""

from spikedim._core import AssumptionError
from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.models import Population

__all__ = ["RATE_CODED_SCOPE", "AbstractNetworkLaw"]

RATE_CODED_SCOPE = (
    "Scope: rate-coded twins, circuits and noise-trained nets whose populations all have T steps; "
    "directly coded nets follow an empirical curve."
)


class AbstractNetworkLaw(AbstractLaw):
    """A law whose population is the whole network, firing at the measured mean rate."""

    def population(self, inputs: LawInputs) -> Population:
        """Return all neurons of the network that was measured."""
        return Population("whole network", 1, round(self._measured(inputs)[0]))

    def firing_rate(self, inputs: LawInputs) -> Assumed:
        """Return the measured mean rate of those neurons."""
        neurons, rate = self._measured(inputs)
        return Assumed(rate, rate, rate, f"measured: mean of {round(neurons):,} neurons")

    def _measured(self, inputs: LawInputs) -> tuple[float, float]:
        """Return neurons and mean spikes per neuron and step."""
        found = inputs.curve if inputs.curve is not None else inputs.empirical
        if found is None:
            raise AssumptionError(
                f"{self.name}: needs a network to measure. Plan a run of `spikedim train`."
            )
        return float(found.neurons), found.rate
