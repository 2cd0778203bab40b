"""What the three readings of the reconstructed rule share."""

from spikedim.laws._causes import lipschitz_cause, range_cause, rate_cause
from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._reconstructed_rule import (
    PUBLISHED_CONSTANT,
    PUBLISHED_CONSTANT_INTERVAL,
    reconstructed_steps,
)
from spikedim.laws._result import Cause
from spikedim.models import Population

__all__ = ["AbstractReading", "population_warning"]


class AbstractReading(AbstractLaw):
    """The rule T = C L^2 d_eff / (epsilon_rms^2 M r): a reading says which M and r it means."""

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T of the rule for this reading's neurons and rate."""
        return reconstructed_steps(
            dimension=inputs.dimension.value,
            neurons=self.population(inputs).neurons,
            rate=self.divisor(inputs),
            epsilon_rms=inputs.epsilon_rms,
            lipschitz=inputs.lipschitz.value,
        )

    def divisor(self, inputs: LawInputs) -> float:
        """Return the firing rate that the rule divides by."""
        return inputs.rate.value

    def population(self, inputs: LawInputs) -> Population:
        """Return the model's encoding population, else the data's."""
        return inputs.model_population or inputs.data_population

    def firing_rate(self, inputs: LawInputs) -> Assumed:
        """Return the given or assumed rate."""
        return inputs.rate

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return d_eff, rate, L and C."""
        return (
            *_dimension_causes(self, inputs),
            *rate_cause(self, inputs),
            *lipschitz_cause(self, inputs),
            *_constant_cause(self, inputs),
        )


def _dimension_causes(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
    """Return the causes that lie in d_eff: its sampling interval and its growth with samples."""
    found = inputs.dimension
    causes = range_cause(law, "sampling of d_eff", inputs.with_dimension, (found.low, found.high))
    if found.still_rising and found.extrapolated is not None and found.extrapolated > found.value:
        ends = (found.value, found.extrapolated)
        causes += range_cause(law, "d_eff still rising", inputs.with_dimension, ends)
    return causes


def _constant_cause(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
    """Return the cause of the published interval of C, to which T is proportional."""
    steps, rate = law.unrounded_steps(inputs), law.firing_rate(inputs).value
    ends = PUBLISHED_CONSTANT_INTERVAL
    low, high = steps * ends.low / PUBLISHED_CONSTANT, steps * ends.high / PUBLISHED_CONSTANT
    return (Cause("constant C", low, high, rate, rate),)


def population_warning(inputs: LawInputs) -> tuple[str, ...]:
    """Return the warning that the rule divides by a population other than the error's entries."""
    model, data = inputs.model_population, inputs.data_population
    if model is None or model.neurons == data.neurons:
        return ()
    return (
        (
            f"The error is per entry of the data ({data.neurons:,} entries), but the rule divides "
            f"by the encoding population ({model.neurons:,} neurons); it is right only if they "
            "agree."
        ),
    )
