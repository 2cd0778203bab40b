"""Lower bounds on a Bernoulli rate code: where 1 / epsilon squared is a theorem."""

from spikedim.bounds._assumptions import BERNOULLI_CODE, SCALED_IDENTITY, UNIFORM_ENTRIES
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._references import HODGES_LEHMANN

__all__ = ["rate_code_minimax_steps", "rate_code_spikes", "rate_code_steps"]

_MEAN_ERROR = Assumption("epsilon_rms averages the squared error over data, spikes and entries")
_ASSUMPTIONS = (BERNOULLI_CODE, UNIFORM_ENTRIES, SCALED_IDENTITY, _MEAN_ERROR)
_REFERENCE = f"{HODGES_LEHMANN}; theory index, theorem 6.2"


def _steps(precision: float, caller: str) -> float:
    return whole_steps(precision**2 / 6 - 2, caller=caller, minimum=0)


def rate_code_steps(*, tokens: int, features: int, epsilon_rms: float, lipschitz: float) -> Bound:
    r"""Fewest steps of an independent Bernoulli rate code, whatever the decoder.

    .. math:: T \ge \frac{L^2}{6\,\epsilon_{rms}^2} - 2

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.

    Returns
    -------
    Bound
        Whole steps; 0 where the mean of the data alone is accurate enough.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    rate_code_spikes : The same theorem in spikes.
    bernoulli_steps : What the plain mean of the spikes needs, two steps more.
    rate_code_minimax_steps : For the worst input in the place of the average one.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry. Deterministic integrate-and-fire neurons, and so most
       trained spiking transformers, violate this.
    2. The entries of X are independent and uniform on [0, 1].
    3. f(X) = L X; an upper Lipschitz constant alone gives no lower bound.
    4. epsilon_rms averages the squared error over data, spikes and entries.

    The posterior mean (k + 1)/(T + 2) of k spikes has Bayes risk 1/(6(T + 2)) exactly.
    Cost O(1).

    References
    ----------
    .. [1] J. L. Hodges and E. L. Lehmann, "Some problems in minimax point estimation", Annals
       of Mathematical Statistics 21, 1950.

    Examples
    --------
    >>> rate_code_steps(tokens=64, features=384, epsilon_rms=0.1, lipschitz=1.0).value
    15.0
    """
    name = "rate_code_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=_steps(precision, name),
        unit="steps",
        kind=BoundKind.LOWER,
        population=describe(tokens, features, "Bernoulli-coded population, uniform entries"),
        assumptions=_ASSUMPTIONS,
        reference=_REFERENCE,
    )


def rate_code_spikes(*, tokens: int, features: int, epsilon_rms: float, lipschitz: float) -> Bound:
    r"""Fewest expected spikes of an independent Bernoulli rate code of uniform rates.

    .. math:: N = \frac{n d\,T}{2}
        \ge n d \left(\frac{L^2}{12\,\epsilon_{rms}^2} - 1\right)

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.

    Returns
    -------
    Bound
        Expected spikes per sample in the steps of `rate_code_steps`; uniform rates have mean
        one half.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    rate_code_steps : The same theorem in steps.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry.
    2. The entries of X are independent and uniform on [0, 1].
    3. f(X) = L X; an upper Lipschitz constant alone gives no lower bound.
    4. epsilon_rms averages the squared error over data, spikes and entries.

    Cost O(1).

    References
    ----------
    .. [1] J. L. Hodges and E. L. Lehmann, "Some problems in minimax point estimation", Annals
       of Mathematical Statistics 21, 1950.

    Examples
    --------
    >>> rate_code_spikes(tokens=1, features=2, epsilon_rms=0.1, lipschitz=1.0).value
    15.0
    """
    name = "rate_code_spikes"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=entries * _steps(precision, name) / 2,
        unit="spikes",
        kind=BoundKind.LOWER,
        population=describe(tokens, features, "Bernoulli-coded population, uniform entries"),
        assumptions=_ASSUMPTIONS,
        reference=_REFERENCE,
        note="at mean rate 1/2, that of uniform entries",
    )


def rate_code_minimax_steps(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Fewest steps of a Bernoulli rate code that serves the worst input.

    .. math:: T \ge \left(\frac{L}{2\,\epsilon_{rms}} - 1\right)^2

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.

    Returns
    -------
    Bound
        Whole steps; 0 where answering one half always is accurate enough.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    rate_code_steps : For uniform data on average.
    rate_code_sufficient_steps : Steps that are enough for the worst input.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry.
    2. The error target holds for every X in [0, 1]^(n x d), not on average.
    3. f(X) = L X; an upper Lipschitz constant alone gives no lower bound.

    The minimax risk of a Bernoulli rate is 1/(4(1 + sqrt T)^2), reached under a Beta prior.
    Cost O(1).

    References
    ----------
    .. [1] J. L. Hodges and E. L. Lehmann, "Some problems in minimax point estimation", Annals
       of Mathematical Statistics 21, 1950.

    Examples
    --------
    >>> rate_code_minimax_steps(tokens=64, features=384, epsilon_rms=0.1, lipschitz=1.0).value
    16.0
    """
    name = "rate_code_minimax_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=whole_steps(max(0.0, precision / 2 - 1) ** 2, caller=name, minimum=0),
        unit="steps",
        kind=BoundKind.LOWER,
        population=describe(tokens, features, "Bernoulli-coded population, worst entries"),
        assumptions=(
            BERNOULLI_CODE,
            Assumption("the error target holds for every X in [0, 1]^(n x d), not on average"),
            SCALED_IDENTITY,
        ),
        reference=f"{HODGES_LEHMANN}; theory index 6.2",
    )
