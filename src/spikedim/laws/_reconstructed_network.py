"""The reconstructed rule read as a count of all spikes of the network."""

from typing import ClassVar, final

from spikedim._core import AssumptionError
from spikedim.laws._causes import lipschitz_cause, rate_cause
from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._reconstructed import constant_cause, dimension_causes, reconstructed_steps
from spikedim.laws._result import Cause
from spikedim.models import Population

__all__ = ["ReconstructedNetwork"]


@final
class ReconstructedNetwork(AbstractLaw):
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

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T of the third reading."""
        return reconstructed_steps(
            dimension=inputs.dimension.value,
            neurons=self.population(inputs).neurons,
            rate=inputs.rate.value,
            epsilon_rms=inputs.epsilon_rms,
            lipschitz=inputs.lipschitz.value,
        )

    def population(self, inputs: LawInputs) -> Population:
        """Return all spiking neurons of the model; raise `AssumptionError` without a model."""
        if inputs.network_population is None:
            raise AssumptionError(
                "reconstructed_network: needs a model, whose neurons it counts. Name one."
            )
        return inputs.network_population

    def firing_rate(self, inputs: LawInputs) -> Assumed:
        """Return the given or assumed rate."""
        return inputs.rate

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return d_eff, rate, L and C."""
        return (
            *dimension_causes(self, inputs),
            *rate_cause(self, inputs),
            *lipschitz_cause(self, inputs),
            *constant_cause(self, inputs),
        )

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
