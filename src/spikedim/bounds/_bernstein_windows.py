"""Steps that are enough for every Lipschitz function and every input."""

from spikedim._core import check_fraction
from spikedim.bounds._assumptions import BERNOULLI_CODE
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps

__all__ = ["rate_code_sufficient_spikes", "rate_code_sufficient_steps"]

_ASSUMPTIONS = (
    BERNOULLI_CODE,
    Assumption(
        "the function is L-Lipschitz in the Frobenius norm on [0, 1]^(n x d), "
        "permutation-equivariant or not"
    ),
    Assumption("the network after the code evaluates the function on the mean rates exactly"),
    Assumption("epsilon_fro bounds the root of the expected squared Frobenius error at every X"),
)
_REFERENCE = (
    "G. G. Lorentz, Bernstein Polynomials, 2nd edition, Chelsea, 1986; theory index 5B (W = 1)"
)


def _steps(entries: int, epsilon_fro: float, lipschitz: float, caller: str) -> float:
    per_entry = input_precision(epsilon_fro, lipschitz, caller=caller, name="epsilon_fro")
    return whole_steps(entries * per_entry**2 / 4, caller=caller)


def rate_code_sufficient_steps(
    *, tokens: int, features: int, epsilon_fro: float, lipschitz: float
) -> Bound:
    r"""Fewest steps of a Bernoulli rate code known to be enough in the worst case.

    .. math:: T = \left\lceil \frac{L^2 n d}{4\,\epsilon_F^2} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_fro : float
        Frobenius error of the whole output, above 0, in output units; epsilon_rms sqrt(n d) for
        an output of n x d entries.
    lipschitz : float
        L in output units per unit rate, above 0.

    Returns
    -------
    Bound
        Whole steps, at least 1: the worst case over inputs and over L-Lipschitz functions.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    rate_code_minimax_steps : No fewer steps can serve the worst input.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry.
    2. The function is L-Lipschitz in the Frobenius norm on [0, 1]^(n x d).
    3. The network after the code evaluates the function on the mean rates exactly.
    4. epsilon_fro bounds the root of the expected squared Frobenius error at every X.

    The error is at most L^2 sum x(1 - x)/T and x(1 - x) is at most 1/4. Cost O(1).

    References
    ----------
    .. [1] G. G. Lorentz, Bernstein Polynomials, 2nd edition, Chelsea, 1986.

    Examples
    --------
    >>> rate_code_sufficient_steps(tokens=2, features=2, epsilon_fro=0.2, lipschitz=1.0).value
    25.0
    """
    name = "rate_code_sufficient_steps"
    entries = count_entries(tokens, features, caller=name)
    return Bound(
        name=name,
        value=_steps(entries, epsilon_fro, lipschitz, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "Bernoulli-coded population, worst entries"),
        assumptions=_ASSUMPTIONS,
        reference=_REFERENCE,
    )


def rate_code_sufficient_spikes(
    *, tokens: int, features: int, epsilon_fro: float, lipschitz: float, rate: float
) -> Bound:
    r"""Spike count of a Bernoulli rate code in the worst-case number of steps.

    .. math:: N = n d\, r\, T

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_fro : float
        Frobenius error of the whole output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    rate : float
        Mean of x over the entries, in (0, 1]: the mean firing rate.

    Returns
    -------
    Bound
        Expected spikes per sample in the steps of `rate_code_sufficient_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer, a number is not above 0 or `rate` is above 1.

    See Also
    --------
    rate_code_sufficient_steps : The same theorem in steps.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry.
    2. The function is L-Lipschitz in the Frobenius norm on [0, 1]^(n x d).
    3. The network after the code evaluates the function on the mean rates exactly.
    4. epsilon_fro bounds the root of the expected squared Frobenius error at every X.

    Cost O(1).

    References
    ----------
    .. [1] G. G. Lorentz, Bernstein Polynomials, 2nd edition, Chelsea, 1986.

    Examples
    --------
    >>> got = rate_code_sufficient_spikes(
    ...     tokens=2, features=2, epsilon_fro=0.2, lipschitz=1.0, rate=0.5
    ... )
    >>> got.value
    50.0
    """
    name = "rate_code_sufficient_spikes"
    entries = count_entries(tokens, features, caller=name)
    mean = check_fraction(rate, name="rate", caller=name)
    return Bound(
        name=name,
        value=entries * mean * _steps(entries, epsilon_fro, lipschitz, name),
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "Bernoulli-coded population, worst entries"),
        assumptions=_ASSUMPTIONS,
        reference=_REFERENCE,
    )
