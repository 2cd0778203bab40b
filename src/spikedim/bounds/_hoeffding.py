"""Steps after which every Bernoulli rate is close at once, with high probability."""

import math

from spikedim._core import InputError, check_fraction, check_number
from spikedim.bounds._assumptions import BERNOULLI_CODE
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, whole_steps
from spikedim.bounds._references import HOEFFDING

__all__ = ["ALL_ENTRIES", "check_failure", "hoeffding_steps"]

ALL_ENTRIES = Assumption(
    "all n d rates must be within max_error at once, except with the failure probability"
)


def check_failure(failure_probability: float, *, caller: str) -> float:
    """Return the failure probability if it lies strictly between 0 and 1."""
    eta = check_number(failure_probability, name="failure_probability", caller=caller)
    if not 0 < eta < 1:
        raise InputError(
            f"{caller}: `failure_probability` must be in (0, 1); got {failure_probability!r}. "
            "Use e.g. 0.01."
        )
    return eta


def hoeffding_steps(
    *, tokens: int, features: int, max_error: float, failure_probability: float
) -> Bound:
    r"""Fewest steps in which all Bernoulli rates are within a largest error, by the union bound.

    .. math:: T_0 = \left\lceil \frac{\ln(2nd/\eta)}{2\delta^2} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    max_error : float
        Largest error delta of a rate over all entries, in (0, 1].
    failure_probability : float
        Probability eta, in (0, 1), that some entry is further off.

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
    bernstein_steps : Fewer steps when all rates are small.
    sigma_delta_max_error_steps : Deterministic code, no failure probability.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry. Independence over entries is not used.
    2. All n d rates must be within `max_error` at once, except with the failure probability.

    Safe, not tight: the measured largest error at T0 is well below `max_error`. Cost O(1).

    References
    ----------
    .. [1] W. Hoeffding, "Probability inequalities for sums of bounded random variables",
       Journal of the American Statistical Association 58, 1963, theorem 2.

    Examples
    --------
    >>> hoeffding_steps(tokens=64, features=384, max_error=0.05, failure_probability=0.01).value
    3082.0
    """
    name = "hoeffding_steps"
    entries = count_entries(tokens, features, caller=name)
    delta = check_fraction(max_error, name="max_error", caller=name)
    eta = check_failure(failure_probability, caller=name)
    unrounded = (math.log(2 * entries) - math.log(eta)) / 2 / delta / delta
    return Bound(
        name=name,
        value=whole_steps(unrounded, caller=name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "Bernoulli-coded population"),
        assumptions=(BERNOULLI_CODE, ALL_ENTRIES),
        reference=f"{HOEFFDING}, theorem 2, with a union bound; theory index 1.3",
    )
