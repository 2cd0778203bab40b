"""Steps and spikes of the independent Bernoulli rate code read by its mean."""

from spikedim._core import check_fraction, check_in
from spikedim.bounds._assumptions import BERNOULLI_CODE, EQUAL_ENTRIES, LIPSCHITZ
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps

__all__ = ["bernoulli_spikes", "bernoulli_steps"]

_VARIANCE = Assumption("rate_variance is the mean of x(1 - x) over data and entries")
_REFERENCE = "variance of a binomial mean, x(1 - x)/T; theory index 1.3"


def _steps(precision: float, variance: float, caller: str) -> float:
    """Solve L^2 v / T = epsilon_rms^2."""
    return whole_steps(variance * precision**2, caller=caller)


def bernoulli_steps(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float, rate_variance: float
) -> Bound:
    r"""Fewest steps in which the mean of independent Bernoulli spikes reaches an RMS error.

    .. math:: T = \left\lceil \frac{\bar v L^2}{\epsilon_{rms}^2} \right\rceil, \qquad
        \bar v = \overline{x(1-x)}

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    rate_variance : float
        Mean of x(1 - x) over the entries, in [0, 1/4]; 1/6 for uniform rates.

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
    bernoulli_spikes : The same law in spikes.
    rate_code_steps : No decoder does better than this by more than two steps.
    random_phase_steps : The same mean without independent steps, far fewer steps.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry.
    2. rate_variance is the mean of x(1 - x) over data and entries.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    Exact for f(X) = L X; sufficient for every L-Lipschitz f. Cost O(1).

    References
    ----------
    .. [1] J. Bernoulli, variance of a binomial mean, x(1 - x)/T; any text on probability.

    Examples
    --------
    >>> got = bernoulli_steps(
    ...     tokens=1, features=2, epsilon_rms=0.1, lipschitz=1.0, rate_variance=0.16
    ... )
    >>> got.value
    16.0
    """
    name = "bernoulli_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    variance = check_in(rate_variance, 0.0, 0.25, name="rate_variance", caller=name)
    return Bound(
        name=name,
        value=_steps(precision, variance, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "Bernoulli-coded population"),
        assumptions=(BERNOULLI_CODE, _VARIANCE, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def bernoulli_spikes(
    *,
    tokens: int,
    features: int,
    epsilon_rms: float,
    lipschitz: float,
    rate_variance: float,
    rate: float,
) -> Bound:
    r"""Spike count at which a Bernoulli rate code reaches an RMS error.

    .. math:: N = n d\, r\, T

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    rate_variance : float
        Mean of x(1 - x) over the entries, in [0, 1/4]; 1/6 for uniform rates.
    rate : float
        Mean of x over the entries, in (0, 1]: the mean firing rate of the code.

    Returns
    -------
    Bound
        Expected spikes per sample in the steps of `bernoulli_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.
    AssumptionError
        If `rate_variance` exceeds ``rate * (1 - rate)`` (assumption 5).

    See Also
    --------
    bernoulli_steps : The same law in steps.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry.
    2. rate_variance is the mean of x(1 - x) over data and entries.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.
    5. rate_variance is at most rate (1 - rate), as for every population with this mean.

    Cost O(1).

    References
    ----------
    .. [1] J. Bernoulli, variance of a binomial mean, x(1 - x)/T; any text on probability.

    Examples
    --------
    >>> got = bernoulli_spikes(
    ...     tokens=1, features=2, epsilon_rms=0.1, lipschitz=1.0, rate_variance=0.16, rate=0.3
    ... )
    >>> got.value
    9.6
    """
    name = "bernoulli_spikes"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    variance = check_in(rate_variance, 0.0, 0.25, name="rate_variance", caller=name)
    mean = check_fraction(rate, name="rate", caller=name)
    assumptions = (
        BERNOULLI_CODE,
        _VARIANCE,
        LIPSCHITZ,
        EQUAL_ENTRIES,
        Assumption(
            "rate_variance must be at most rate (1 - rate), as for every population of this mean",
            variance <= mean * (1 - mean) + 1e-12,
        ),
    )
    Bound.require(name, assumptions)
    steps = _steps(precision, variance, name)
    return Bound(
        name=name,
        value=entries * mean * steps,
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "Bernoulli-coded population"),
        assumptions=assumptions,
        reference=_REFERENCE,
    )
