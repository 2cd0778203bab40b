"""The exponential as the rate of one neuron: a coincidence of a Poisson number of inputs."""

import math
from typing import Any

import numpy as np
from scipy import stats

from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_generator, check_steps
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring
from spikedim.circuits.exponential._exp_entries import (
    FAILURE,
    Array,
    check_exponents,
    deviation,
    exponential_result,
    total,
    warn_of_amplification,
)

__all__ = ["exp_bernoulli_factory"]

Counts = np.ndarray[Any, np.dtype[np.int64]]

_POOL_MISS = 1e-12  # probability that one step draws more inputs than the wiring has
_THEOREM = Theorem(
    name="2.2a",
    statement="|e^M C/T - e^z| <= e^M min(Bernstein(T, p(1 - p)), Hoeffding(T)), p = e^(z - M)",
    quantity="largest error of an entry",
    assumptions=(
        Assumption("gates and inputs are independent over neurons and steps", True),
        Assumption("z lies in [-M, M]", True),
    ),
    failure_probability=FAILURE,
)


def exp_bernoulli_factory(
    z: Any,
    *,
    half_range: float,
    steps: int,
    generator: np.random.Generator,
    measure_error: bool | None = None,
) -> CircuitResult:
    r"""Spikes to e^z without truncation: fire when all of K ~ Poisson(2M) inputs fire.

    .. math:: P(\text{fire}) = \sum_k e^{-2M} \frac{(2M)^k}{k!}\, r^k = e^{-2M(1 - r)}
        = e^{z - M}, \qquad r = \frac{z + M}{2M}, \qquad \hat E = e^M\, C/T

    Parameters
    ----------
    z : array or Tensor of shape [...]
        Exponents in [-M, M].
    half_range : float
        M, above 0 and at most 27; a warning above 3.
    steps : int
        T, at least 1.
    generator : numpy.random.Generator
        Source of the spikes.
    measure_error : bool, optional
        Whether to compare with e^z; by default up to 4,096 x 256 entries.

    Returns
    -------
    CircuitResult
        ``value`` [...] estimates e^z without bias and lies in [0, e^M]. An entry without an
        output spike is ``silent`` and says 0; the bound covers it, so the theorem still holds.

    Raises
    ------
    InputError
        If z is not finite or leaves [-M, M], or a number is out of its range.

    Warns
    -----
    WeakResultWarning
        If M is above 3: at z = -M the relative variance of one step is e^(2M) - 1.

    See Also
    --------
    factory_variance : The exact variance.
    exp_taylor_coincidence : Less variance for small z, more neurons, truncated.

    Notes
    -----
    Assumptions:

    1. Gates and inputs are independent over neurons and steps.
    2. z lies in [-M, M].

    Law of the spikes: with F ~ Poisson(2M(1 - r)) inputs that fail and S ~ Poisson(2Mr) that
    fire, independent by thinning, the neuron fires iff F = 0. So all input spikes are one Poisson
    draw of mean (z + M)T, independent of the output; failures are drawn by their number per
    step, whose zero class is the output count. Memory does not depend on T. The law needs an
    unlimited pool of inputs; the wiring counts as many as suffice in all but 1e-12 of the steps.

    References
    ----------
    .. [1] M. S. Keane and G. L. O'Brien, "A Bernoulli factory", ACM Transactions on Modeling
       and Computer Simulation 4, 1994.

    Examples
    --------
    >>> got = exp_bernoulli_factory(
    ...     [0.5], half_range=2.0, steps=400_000, generator=np.random.default_rng(0)
    ... )
    >>> float((got.value[0] / np.exp(2)).round(2)), got.certificate.holds
    (0.22, True)
    """
    caller = "exp_bernoulli_factory"
    array, limit = check_exponents(z, half_range, caller=caller)
    count = check_steps(steps, caller=caller)
    source = check_generator(generator, caller=caller)
    warn_of_amplification(limit, 2 * limit, caller=caller)
    flat = array.ravel()
    fired, failures = _draw_failures(limit - flat, count, source)
    input_spikes = total(source.poisson((flat + limit) * count))
    wiring = _wiring(limit, flat.size)
    pool = wiring.populations[0].neurons * flat.size
    rate = np.exp(flat - limit)
    variance = np.exp(flat + limit) * -np.expm1(flat - limit)
    return exponential_result(
        caller,
        array,
        math.exp(limit) * (fired / count),
        theorem=_THEOREM,
        bounds=math.exp(limit) * deviation(rate * (1 - rate), 1.0, count, flat.size),
        mean_squares=variance / count,
        spikes=(
            _spikes("gates", pool, input_spikes + failures, count),
            _spikes("inputs", pool, input_spikes, count),
            _spikes("coincidence", flat.size, total(fired), count),
        ),
        silent=fired == 0,
        steps=count,
        wiring=wiring,
        measure_error=measure_error,
    )


def _draw_failures(means: Array, steps: int, generator: np.random.Generator) -> tuple[Counts, int]:
    """Return the steps without a failing input, per entry, and all failing inputs."""
    left: Counts = np.full(means.shape, steps, dtype=np.int64)
    fired = left
    failures = number = 0
    while left.any():
        above = stats.poisson.sf(number - 1, means)
        hazard = np.ones_like(means)
        np.divide(stats.poisson.pmf(number, means), above, out=hazard, where=above > 0)
        here = generator.binomial(left, np.minimum(hazard, 1.0))
        if number == 0:
            fired = here
        failures += number * total(here)
        left = left - here
        number += 1
    return fired, failures


def _wiring(half_range: float, copies: int) -> Wiring:
    """Return gates that fire for the first K inputs, the inputs they let fire, one output.

    Inputs count +1 and gates -1: the output reaches its threshold 0 iff every gated input fires.
    """
    pool = max(1, int(stats.poisson.isf(_POOL_MISS, 2 * half_range)))
    return Wiring(
        populations=(
            Population("gates", pool, Dynamics.BERNOULLI),
            Population("inputs", pool, Dynamics.BERNOULLI),
            Population("coincidence", 1, Dynamics.COINCIDENCE, threshold=0.0),
            Population("read-out", 1, Dynamics.ACCUMULATOR),
        ),
        projections=(
            Projection("gates", "inputs", Pattern.ONE_TO_ONE, np.array(1.0), role=Role.GATE),
            Projection("gates", "coincidence", Pattern.ALL_TO_ALL, np.array(-1.0)),
            Projection("inputs", "coincidence", Pattern.ALL_TO_ALL, np.array(1.0)),
            Projection(
                "coincidence", "read-out", Pattern.ONE_TO_ONE, np.array(math.exp(half_range))
            ),
        ),
        copies=copies,
    )


def _spikes(population: str, neurons: int, spikes: int, steps: int) -> SpikeCount:
    """Return the count with its rate."""
    return SpikeCount(population, neurons, spikes, spikes / neurons / steps)
