"""The design rule as we reconstruct it from the published account."""

from typing import ClassVar, final

from spikedim.laws._inputs import LawInputs
from spikedim.laws._reading import AbstractReading, population_warning
from spikedim.laws._reconstructed_rule import PUBLISHED_CONSTANT, subspace_constant

__all__ = ["Reconstructed"]

_KNOWN_FAILURE = (
    "In a pilot outside this repository, this form with the data's dimension predicted held-out "
    "steps worse than with no dimension at all (R2 0.28-0.66 against 0.85-0.98)."
)


@final
class Reconstructed(AbstractReading):
    """The reconstructed rule for the encoding population, equation (7.1).

    Examples
    --------
    >>> Reconstructed().name
    'reconstructed'
    """

    name: ClassVar[str] = "reconstructed"
    catch: ClassVar[str] = "empirical, its constant is published and not proven"
    reference: ClassVar[str] = "theory index 7, equation (7.1); constant of arXiv 2604.15769"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Steps follow C L^2 d_eff / (epsilon_rms^2 n d r), our reading of the published account.",
        "C = 2.3 (1.9-2.7) as published; it was not measured on this network.",
        "d_eff of the data may stand in for the dimension of the encoding population.",
        "Every neuron fires independently with the mean rate r.",
    )

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return the known failure, the ratio to the proven constant and the worst case."""
        rate, neurons = inputs.rate.value, self.population(inputs).neurons
        proven = subspace_constant(rate)
        # At rate 1 a Bernoulli neuron carries no noise and the proven constant is 0.
        ratio = f"{PUBLISHED_CONSTANT / proven:.0f} times" if proven > 0 else "far above"
        worst = self.unrounded_steps(inputs) * neurons / inputs.dimension.value
        return (
            _KNOWN_FAILURE,
            (
                f"C = 2.3 is {ratio} the constant r^2(1 - r) = {proven:.2g} that Theorem 6.3 "
                f"proves for a projecting decoder at rate {rate:g}."
            ),
            (
                f"With nd = {neurons:,} in place of d_eff = {inputs.dimension.value:.3g} the same "
                f"rule gives T = {worst:,.3g}."
            ),
            *population_warning(inputs),
        )
