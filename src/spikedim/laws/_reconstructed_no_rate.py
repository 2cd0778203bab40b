"""The reconstructed rule read without a firing rate."""

from typing import ClassVar, final

from spikedim.laws._inputs import LawInputs
from spikedim.laws._reading import AbstractReading, population_warning

__all__ = ["ReconstructedNoRate"]


@final
class ReconstructedNoRate(AbstractReading):
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

    def divisor(self, inputs: LawInputs) -> float:  # noqa: ARG002 - the reading leaves it out
        """Return 1: the rate counts spikes but does not move T."""
        return 1.0

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return the population trap."""
        return population_warning(inputs)
