"""The design rule as we reconstruct it from the published account."""

from typing import ClassVar, final

from spikedim._core import Interval, check_fraction, check_integer, check_positive
from spikedim.laws._causes import lipschitz_cause, range_cause, rate_cause
from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._result import Cause
from spikedim.models import Population

__all__ = [
    "PUBLISHED_CONSTANT",
    "PUBLISHED_CONSTANT_INTERVAL",
    "Reconstructed",
    "constant_cause",
    "dimension_causes",
    "population_warning",
    "reconstructed_epsilon",
    "reconstructed_steps",
    "subspace_constant",
]

PUBLISHED_CONSTANT = 2.3
PUBLISHED_CONSTANT_INTERVAL = Interval(1.9, 2.7, 0.95, "published")
_KNOWN_FAILURE = (
    "In a pilot outside this repository, this form with the data's dimension predicted held-out "
    "steps worse than with no dimension at all (R2 0.28-0.66 against 0.85-0.98)."
)


def reconstructed_steps(
    *,
    dimension: float,
    neurons: int,
    rate: float,
    epsilon_rms: float,
    lipschitz: float = 1.0,
    constant: float = PUBLISHED_CONSTANT,
) -> float:
    r"""Return steps by the reconstructed rule, before rounding up.

    .. math:: T = \frac{C L^2 d_{\mathrm{eff}}}{\epsilon_{\mathrm{rms}}^2\, n d\, \bar r}

    Parameters
    ----------
    dimension : float
        d_eff of the data, above 0.
    neurons : int
        n * d of the spiking population.
    rate : float
        Mean firing rate in spikes per neuron and step, in (0, 1].
    epsilon_rms : float
        RMS error per entry, in output units, above 0.
    lipschitz : float
        L, in output units per unit of rate, above 0.
    constant : float
        C, above 0; 2.3 as published.

    Returns
    -------
    float
        T before rounding up, above 0.

    Raises
    ------
    InputError
        If an argument is outside its range.

    Notes
    -----
    The published account gives no formula for T; this one follows from its spike count with nd
    replaced by d_eff. It is empirical: no theorem has this constant (see `subspace_constant`).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, 2026; reconstructed as equation (7.1) of the theory index.

    Examples
    --------
    >>> steps = reconstructed_steps(dimension=47.0, neurons=64 * 384, rate=0.2, epsilon_rms=0.01)
    >>> round(steps)
    220
    """
    caller = "reconstructed_steps"
    d_eff = check_positive(dimension, name="dimension", caller=caller)
    size = check_integer(neurons, name="neurons", caller=caller)
    firing = check_fraction(rate, name="rate", caller=caller)
    error = check_positive(epsilon_rms, name="epsilon_rms", caller=caller)
    gain = check_positive(lipschitz, name="lipschitz", caller=caller)
    factor = check_positive(constant, name="constant", caller=caller)
    return factor * d_eff / (size * firing) * (gain / error) ** 2


def reconstructed_epsilon(
    *,
    steps: float,
    dimension: float,
    neurons: int,
    rate: float,
    lipschitz: float = 1.0,
    constant: float = PUBLISHED_CONSTANT,
) -> float:
    """Return the RMS error that `steps` buy under the reconstructed rule: its inverse.

    Parameters
    ----------
    steps : float
        T, above 0.
    dimension, neurons, rate, lipschitz, constant : float
        As for `reconstructed_steps`.

    Returns
    -------
    float
        epsilon_rms per entry, in output units.

    Raises
    ------
    InputError
        If an argument is outside its range.

    Examples
    --------
    >>> round(reconstructed_epsilon(steps=4.0, dimension=47.0, neurons=24576, rate=0.2), 4)
    0.0742
    """
    count = check_positive(steps, name="steps", caller="reconstructed_epsilon")
    at_one = reconstructed_steps(
        dimension=dimension,
        neurons=neurons,
        rate=rate,
        epsilon_rms=1.0,
        lipschitz=lipschitz,
        constant=constant,
    )
    return float((at_one / count) ** 0.5)


def subspace_constant(rate: float) -> float:
    r"""Return the constant that Theorem 6.3 proves, :math:`\bar r^2 (1 - \bar r)`.

    Parameters
    ----------
    rate : float
        Mean firing rate in spikes per neuron and step, in (0, 1].

    Returns
    -------
    float
        C_th, to be compared with the published C = 2.3.

    Raises
    ------
    InputError
        If `rate` is outside (0, 1].

    Examples
    --------
    >>> round(subspace_constant(0.2), 6)
    0.032
    """
    firing = check_fraction(rate, name="rate", caller="subspace_constant")
    return firing**2 * (1 - firing)


def dimension_causes(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
    """Return the causes that lie in d_eff: its sampling interval and its growth with samples."""
    found = inputs.dimension
    causes = range_cause(law, "sampling of d_eff", inputs.with_dimension, (found.low, found.high))
    if found.still_rising and found.extrapolated is not None and found.extrapolated > found.value:
        ends = (found.value, found.extrapolated)
        causes += range_cause(law, "d_eff still rising", inputs.with_dimension, ends)
    return causes


def constant_cause(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
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


@final
class Reconstructed(AbstractLaw):
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

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T of (7.1)."""
        return reconstructed_steps(
            dimension=inputs.dimension.value,
            neurons=self.population(inputs).neurons,
            rate=inputs.rate.value,
            epsilon_rms=inputs.epsilon_rms,
            lipschitz=inputs.lipschitz.value,
        )

    def population(self, inputs: LawInputs) -> Population:
        """Return the model's encoding population, else the data's."""
        return inputs.model_population or inputs.data_population

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
