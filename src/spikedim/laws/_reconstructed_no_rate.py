"""The reconstructed rule read without a firing rate."""

from typing import ClassVar, final

from spikedim.laws._causes import lipschitz_cause, rate_cause
from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._reconstructed import (
    constant_cause,
    dimension_causes,
    population_warning,
    reconstructed_steps,
)
from spikedim.laws._result import Cause
from spikedim.models import Population

__all__ = ["ReconstructedNoRate"]


@final
class ReconstructedNoRate(AbstractLaw):
    """The reading T = C (d_eff / nd) L^2 / epsilon_rms^2: equation (7.1) with rate 1.

    Examples
    --------
    >>> ReconstructedNoRate().name
    'reconstructed_no_rate'
    """

    name: ClassVar[str] = "reconstructed_no_rate"
    catch: ClassVar[str] = "a second reading of an empirical rule, the firing rate left out"
    reference: ClassVar[str] = "theory index 7, second reading; constant of arXiv 2604.15769"
    assumptions: ClassVar[tuple[str, ...]] = (
        (
            "Steps follow C (d_eff / nd) L^2 / epsilon_rms^2: the published count is read as the "
            "number of neuron-steps, not of spikes."
        ),
        "C = 2.3 (1.9-2.7) as published; it was not measured on this network.",
        "d_eff of the data may stand in for the dimension of the encoding population.",
    )

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T of the second reading."""
        return reconstructed_steps(
            dimension=inputs.dimension.value,
            neurons=self.population(inputs).neurons,
            rate=1.0,
            epsilon_rms=inputs.epsilon_rms,
            lipschitz=inputs.lipschitz.value,
        )

    def population(self, inputs: LawInputs) -> Population:
        """Return the model's encoding population, else the data's."""
        return inputs.model_population or inputs.data_population

    def firing_rate(self, inputs: LawInputs) -> Assumed:
        """Return the given or assumed rate; it counts spikes but does not move T."""
        return inputs.rate

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return d_eff, L and C; the rate moves the spikes only."""
        return (
            *dimension_causes(self, inputs),
            *rate_cause(self, inputs),
            *lipschitz_cause(self, inputs),
            *constant_cause(self, inputs),
        )

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return the population trap."""
        return population_warning(inputs)
