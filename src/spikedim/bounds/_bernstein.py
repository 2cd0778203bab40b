"""The union bound for sparse rates."""

import math

from spikedim._core import check_fraction
from spikedim.bounds._assumptions import BERNOULLI_CODE
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._hoeffding import ALL_ENTRIES, check_failure
from spikedim.bounds._population import count_entries, describe, whole_steps
from spikedim.bounds._references import BOUCHERON

__all__ = ["bernstein_steps"]


def bernstein_steps(
    *,
    tokens: int,
    features: int,
    max_error: float,
    failure_probability: float,
    max_rate: float,
) -> Bound:
    r"""Fewest steps in which all small Bernoulli rates are within a largest error.

    .. math:: T = \left\lceil \left(2\bar x(1-\bar x) + \tfrac23\delta\right)
        \frac{\ln(2nd/\eta)}{\delta^2} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    max_error : float
        Largest error delta of a rate over all entries, in (0, 1].
    failure_probability : float
        Probability eta, in (0, 1), that some entry is further off.
    max_rate : float
        Largest rate of any entry, in (0, 1]; above one half the variance is taken as 1/4.

    Returns
    -------
    Bound
        Whole steps, at least 1.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    hoeffding_steps : Without knowledge of the rates; better when some are near one half.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry. Independence over entries is not used.
    2. All n d rates must be within `max_error` at once, except with the failure probability.
    3. No rate is above `max_rate`.

    Cost O(1).

    References
    ----------
    .. [1] S. Boucheron, G. Lugosi and P. Massart, Concentration Inequalities, Oxford University
       Press, 2013, section 2.8.

    Examples
    --------
    >>> got = bernstein_steps(
    ...     tokens=64, features=384, max_error=0.05, failure_probability=0.01, max_rate=0.05
    ... )
    >>> got.value
    791.0
    """
    name = "bernstein_steps"
    entries = count_entries(tokens, features, caller=name)
    delta = check_fraction(max_error, name="max_error", caller=name)
    eta = check_failure(failure_probability, caller=name)
    top = min(0.5, check_fraction(max_rate, name="max_rate", caller=name))
    spread = 2 * top * (1 - top) + 2 * delta / 3
    unrounded = spread * (math.log(2 * entries) - math.log(eta)) / delta / delta
    return Bound(
        name=name,
        value=whole_steps(unrounded, caller=name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "Bernoulli-coded population"),
        assumptions=(BERNOULLI_CODE, ALL_ENTRIES, Assumption("no rate is above max_rate")),
        reference=f"{BOUCHERON}, section 2.8, with a union bound; theory index 1.3",
    )
