"""The reconstructed rule read as a count of all spikes of the network."""

from typing import ClassVar, final

from spikedim._core import AssumptionError
from spikedim.laws._inputs import LawInputs
from spikedim.laws._reading import AbstractReading
from spikedim.models import Population

__all__ = ["ReconstructedNetwork"]


@final
class ReconstructedNetwork(AbstractReading):
    """The reading where C L^2 d_eff / epsilon_rms^2 counts the spikes of all neurons.

    With M spiking neurons in the whole network, T = C L^2 d_eff / (epsilon_rms^2 M r).

    Examples
    --------
    >>> ReconstructedNetwork().name
    'reconstructed_network'
    """

    name: ClassVar[str] = "reconstructed_network"
    catch: ClassVar[str] = "a third reading of an empirical rule, spikes of the whole network"
    reference: ClassVar[str] = "theory index 7, third reading; constant of arXiv 2604.15769"
    assumptions: ClassVar[tuple[str, ...]] = (
        (
            "C L^2 d_eff / epsilon_rms^2 counts the spikes of the whole network, spread evenly "
            "over its neurons and steps."
        ),
        "C = 2.3 (1.9-2.7) as published; it was not measured on this network.",
        "d_eff of the data may stand in for the dimension of every layer.",
        "Every neuron fires independently with the mean rate r.",
    )

    def population(self, inputs: LawInputs) -> Population:
        """Return all spiking neurons of the model; raise `AssumptionError` without a model."""
        if inputs.network_population is None:
            raise AssumptionError(
                "reconstructed_network: needs a model, whose neurons it counts. Name one."
            )
        return inputs.network_population

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return the catch of this reading."""
        encoding = inputs.model_population or inputs.data_population
        share = encoding.neurons / self.population(inputs).neurons
        return (
            (
                f"The encoding population is {share:.2g} of all neurons; this reading gives T that "
                "many times the T of equation (7.1), because other layers' spikes are counted as "
                "if they encoded the data too."
            ),
        )
