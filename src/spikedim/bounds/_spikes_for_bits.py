"""From bits to spikes and steps: what a population firing at a known rate can carry."""

from spikedim._core import check_fraction, check_in, check_integer
from spikedim.bounds._binary_entropy import binary_entropy
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import whole_steps
from spikedim.bounds._references import COVER_THOMAS

__all__ = ["MOST_BITS", "spikes_for_bits", "steps_for_bits"]

MOST_BITS = 1e18
_RATE = Assumption("the mean over neurons and steps of the firing probability is the rate")
_REFERENCE = f"{COVER_THOMAS}, theorem 2.6.6; theory index 6.1"


def _assumptions(bits: float, rate: float) -> tuple[Assumption, ...]:
    return (
        Assumption("the spikes determine a message that carries these bits"),
        _RATE,
        Assumption(
            "the rate must be below 1 if there are bits to carry: a train that always fires "
            "says nothing",
            rate < 1 or bits == 0,
        ),
    )


def spikes_for_bits(
    *, bits: float, rate: float, population: str = "any population at this mean rate"
) -> Bound:
    r"""Fewest expected spikes that can carry some bits at a mean firing rate.

    .. math:: N \ge B\,\frac{r}{H_b(r)}, \qquad
        H_b(r) = -r\log_2 r - (1-r)\log_2(1-r)

    Parameters
    ----------
    bits : float
        B at least 0, e.g. the value of an information bound.
    rate : float
        Mean firing rate r in (0, 1], spikes per neuron and step.
    population : str, optional
        Whose bits these are, in words; copied into the result.

    Returns
    -------
    Bound
        Expected spikes per sample, at least 0.

    Raises
    ------
    InputError
        If `bits` is negative or `rate` is outside (0, 1].
    AssumptionError
        If `rate` is 1 and `bits` is above 0 (assumption 3).

    See Also
    --------
    steps_for_bits : The same theorem in steps.
    spikes_for_bits_refractory : For neurons with a refractory period.
    minimum_spikes_any_rate : When the rate may be chosen.

    Notes
    -----
    Assumptions:

    1. The spikes determine a message that carries the bits. Holds for every network, with
       leak, reset or inhibition, by data processing.
    2. The mean over neurons and steps of the firing probability is `rate`.
    3. `rate` is below 1, or there are no bits to carry.

    The entropy of the spikes is at most the sum over neurons and steps of H_b of their firing
    probabilities, and H_b is concave. Cost O(1).

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley,
       2006, theorem 2.6.6.

    Examples
    --------
    >>> round(100 / spikes_for_bits(bits=100.0, rate=0.1).value, 2)  # bits per spike
    4.69
    """
    name = "spikes_for_bits"
    message = check_in(bits, 0.0, MOST_BITS, name="bits", caller=name)
    r = check_fraction(rate, name="rate", caller=name)
    assumptions = _assumptions(message, r)
    Bound.require(name, assumptions)
    return Bound(
        name=name,
        value=message * r / binary_entropy(r) if message else 0.0,
        unit="spikes",
        kind=BoundKind.LOWER,
        population=population,
        assumptions=assumptions,
        reference=_REFERENCE,
    )


def steps_for_bits(
    *,
    bits: float,
    neurons: int,
    rate: float,
    population: str = "any population at this mean rate",
) -> Bound:
    r"""Fewest steps in which neurons at a mean firing rate can carry some bits.

    .. math:: T \ge \left\lceil \frac{B}{m H_b(r)} \right\rceil

    Parameters
    ----------
    bits : float
        B at least 0, e.g. the value of an information bound.
    neurons : int
        Number m of neurons, at least 1.
    rate : float
        Mean firing rate r in (0, 1], spikes per neuron and step.
    population : str, optional
        Whose bits these are, in words; copied into the result.

    Returns
    -------
    Bound
        Whole steps, 0 if there are no bits.

    Raises
    ------
    InputError
        If `bits` is negative, `neurons` is not a positive integer or `rate` is outside (0, 1].
    AssumptionError
        If `rate` is 1 and `bits` is above 0 (assumption 3).

    See Also
    --------
    spikes_for_bits : The same theorem in spikes.

    Notes
    -----
    Assumptions:

    1. The spikes determine a message that carries the bits.
    2. The mean over neurons and steps of the firing probability is `rate`.
    3. `rate` is below 1, or there are no bits to carry.

    Cost O(1).

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley,
       2006, theorem 2.6.6.

    Examples
    --------
    >>> steps_for_bits(bits=227.5, neurons=100, rate=0.2).value
    4.0
    """
    name = "steps_for_bits"
    message = check_in(bits, 0.0, MOST_BITS, name="bits", caller=name)
    m = check_integer(neurons, name="neurons", caller=name)
    r = check_fraction(rate, name="rate", caller=name)
    assumptions = _assumptions(message, r)
    Bound.require(name, assumptions)
    unrounded = message / m / binary_entropy(r) if message else 0.0
    return Bound(
        name=name,
        value=whole_steps(unrounded, caller=name, minimum=0),
        unit="steps",
        kind=BoundKind.LOWER,
        population=population,
        assumptions=assumptions,
        reference=_REFERENCE,
    )
