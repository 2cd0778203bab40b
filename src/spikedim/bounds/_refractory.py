"""Capacity of trains with a refractory period, and what bits cost in them."""

import math

from scipy.optimize import brentq

from spikedim._core import InputError, NumericsError, check_fraction, check_in, check_integer
from spikedim.bounds._binary_entropy import binary_entropy
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._references import SHANNON_1948
from spikedim.bounds._spikes_for_bits import MOST_BITS

__all__ = [
    "check_refractory",
    "refractory_capacity",
    "spikes_for_bits_refractory",
    "steps_for_bits_refractory",
]

_REFERENCE = f"{SHANNON_1948}, theorem 1; theory index 6.1"
_LONGEST_REFRACTORY = 10**9
_MOST_STEPS = 2**60
_CARRIES = Assumption("the spikes determine a message that carries these bits")
_RATE = Assumption("the mean over neurons and steps of the firing probability is the rate")


def check_refractory(refractory_steps: int, caller: str) -> int:
    """Return the refractory period in steps after checking it."""
    d = check_integer(refractory_steps, name="refractory_steps", caller=caller, minimum=0)
    if d > _LONGEST_REFRACTORY:
        raise InputError(
            f"{caller}: `refractory_steps` must be at most 1e9; got {refractory_steps}. "
            "Count it in time steps."
        )
    return d


def _leaves_choice(rate: float, d: int) -> Assumption:
    return Assumption(
        "the rate must be below 1 / (1 + refractory_steps), where a train has no choice left",
        rate * (1 + d) < 1,
    )


def _bits_in_window(rate: float, d: int, steps: int) -> float:
    """Return the most bits of one neuron over a window that starts at rest.

    Padding each window with d silent steps gives a legal endless train, whose entropy per
    window is at most (T + d) C(r', d) = A H_b(N / A) with A = T + d - d N and N = r T. It is
    also at most T H_b(r), that of a window without a refractory period.
    """
    spikes = rate * steps
    slots = steps + d - d * spikes
    return min(steps * binary_entropy(rate), slots * binary_entropy(min(1.0, spikes / slots)))


def refractory_capacity(*, refractory_steps: int) -> Bound:
    r"""Most bits per step of a train that is silent for d steps after each spike.

    .. math:: \max_r\,(1-dr)\,H_b\!\left(\frac{r}{1-dr}\right) = \log_2\lambda, \qquad
        \lambda^{d+1} = \lambda^d + 1

    Parameters
    ----------
    refractory_steps : int
        Steps d without a spike after each spike, at least 0.

    Returns
    -------
    Bound
        Bits per neuron and step, in (0, 1].

    Raises
    ------
    InputError
        If `refractory_steps` is not an integer from 0 to 1e9.

    See Also
    --------
    spikes_for_bits_refractory : The cost of bits at a given rate.

    Notes
    -----
    Assumptions:

    1. The train is endless (or long against d): short windows that start at rest can carry
       more per step, e.g. 1 bit in 1 step.

    Cost O(1): one root of a monotone function.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System Technical
       Journal 27, 1948, theorem 1.

    Examples
    --------
    >>> [round(refractory_capacity(refractory_steps=d).value, 4) for d in range(3)]
    [1.0, 0.6942, 0.5515]
    """
    name = "refractory_capacity"
    d = check_refractory(refractory_steps, name)
    # With y = ln(lambda) the equation reads d y + ln(e^y - 1) = 0, safe for any d.
    root = brentq(
        lambda y: d * y + math.log(math.expm1(y)), 0.5 / (d + 1), 1.0, xtol=1e-18, rtol=1e-14
    )
    return Bound(
        name=name,
        value=min(1.0, float(root) / math.log(2)),
        unit="bits per step",
        kind=BoundKind.EXACT,
        population=f"one neuron with a refractory period of {d} steps",
        assumptions=(Assumption("the train is endless, or long against its refractory period"),),
        reference=_REFERENCE,
    )


def spikes_for_bits_refractory(
    *,
    bits: float,
    rate: float,
    refractory_steps: int,
    population: str = "any refractory population at this mean rate",
) -> Bound:
    r"""Fewest expected spikes that can carry some bits with a refractory period.

    .. math:: N \ge B\,\frac{r}{C(r, d)}, \qquad
        C(r, d) = (1-dr)\,H_b\!\left(\frac{r}{1-dr}\right)

    Parameters
    ----------
    bits : float
        B at least 0, e.g. the value of an information bound.
    rate : float
        Mean firing rate r in (0, 1], spikes per neuron and step.
    refractory_steps : int
        Steps d without a spike after each spike, at least 0.
    population : str, optional
        Whose bits these are, in words; copied into the result.

    Returns
    -------
    Bound
        Expected spikes per sample, at least those of `spikes_for_bits`.

    Raises
    ------
    InputError
        If `bits` is negative, `rate` is outside (0, 1] or `refractory_steps` is not an integer
        from 0 to 1e9.
    AssumptionError
        If `rate` is not below 1 / (1 + d) (assumption 4).

    See Also
    --------
    steps_for_bits_refractory : In steps, valid for short windows too.

    Notes
    -----
    Assumptions:

    1. The spikes determine a message that carries the bits.
    2. The mean over neurons and steps of the firing probability is `rate`.
    3. The trains run on between samples, or T is long against d. A window that starts at rest
       can do better: with d = 1 and T = 1 a neuron carries a whole bit.
    4. `rate` is below 1 / (1 + d).

    Cost O(1).

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System Technical
       Journal 27, 1948, theorem 1.

    Examples
    --------
    >>> got = spikes_for_bits_refractory(bits=100.0, rate=0.1, refractory_steps=2)
    >>> round(got.value, 1)
    23.0
    """
    name = "spikes_for_bits_refractory"
    message = check_in(bits, 0.0, MOST_BITS, name="bits", caller=name)
    r = check_fraction(rate, name="rate", caller=name)
    d = check_refractory(refractory_steps, name)
    assumptions = (
        _CARRIES,
        _RATE,
        Assumption("the trains run on between samples, or T is long against the refractory period"),
        _leaves_choice(r, d),
    )
    Bound.require(name, assumptions)
    free = 1 - d * r
    return Bound(
        name=name,
        value=message * r / (free * binary_entropy(r / free)),
        unit="spikes",
        kind=BoundKind.LOWER,
        population=population,
        assumptions=assumptions,
        reference=_REFERENCE,
    )


def steps_for_bits_refractory(
    *,
    bits: float,
    neurons: int,
    rate: float,
    refractory_steps: int,
    population: str = "any refractory population at this mean rate",
) -> Bound:
    r"""Fewest steps in which refractory neurons can carry some bits.

    .. math:: T = \min\left\{T : m\,\min\left[T H_b(r),
        (T+d)\,C\!\left(\frac{rT}{T+d}, d\right)\right] \ge B\right\}

    Parameters
    ----------
    bits : float
        B at least 0, e.g. the value of an information bound.
    neurons : int
        Number m of neurons, at least 1.
    rate : float
        Mean firing rate r in (0, 1], spikes per neuron and step.
    refractory_steps : int
        Steps d without a spike after each spike, at least 0.
    population : str, optional
        Whose bits these are, in words; copied into the result.

    Returns
    -------
    Bound
        Whole steps, 0 if there are no bits; with d = 0 those of `steps_for_bits`.

    Raises
    ------
    InputError
        If `bits` is negative, `neurons` is not a positive integer, `rate` is outside (0, 1] or
        `refractory_steps` is not an integer from 0 to 1e9.
    AssumptionError
        If `rate` is not below 1 / (1 + d) (assumption 3).
    NumericsError
        If more than 2**60 steps are needed.

    See Also
    --------
    spikes_for_bits_refractory : In spikes, for long windows.

    Notes
    -----
    Assumptions:

    1. The spikes determine a message that carries the bits.
    2. The mean over neurons and steps of the firing probability is `rate`.
    3. `rate` is below 1 / (1 + d).

    Holds for short windows and for trains that start at rest: T steps and d silent ones after
    them are a piece of an endless train. O(log T).

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System Technical
       Journal 27, 1948, theorem 1.

    Examples
    --------
    >>> steps_for_bits_refractory(bits=2275.0, neurons=100, rate=0.2, refractory_steps=2).value
    40.0
    """
    name = "steps_for_bits_refractory"
    message = check_in(bits, 0.0, MOST_BITS, name="bits", caller=name)
    m = check_integer(neurons, name="neurons", caller=name)
    r = check_fraction(rate, name="rate", caller=name)
    d = check_refractory(refractory_steps, name)
    assumptions = (_CARRIES, _RATE, _leaves_choice(r, d))
    Bound.require(name, assumptions)
    wanted = message / m * (1 - 1e-12)  # a tie must not cost a step
    high = 1
    while _bits_in_window(r, d, high) < wanted:
        high *= 2
        if high > _MOST_STEPS:
            raise NumericsError(f"{name}: the bits need more than 2**60 steps at rate {rate!r}.")
    low = 0 if wanted <= 0 else high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if _bits_in_window(r, d, middle) < wanted:
            low = middle
        else:
            high = middle
    return Bound(
        name=name,
        value=0.0 if wanted <= 0 else float(high),
        unit="steps",
        kind=BoundKind.LOWER,
        population=population,
        assumptions=assumptions,
        reference=_REFERENCE,
    )
