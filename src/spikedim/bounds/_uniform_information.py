"""Bits that any representation of uniform rates must carry."""

import math

from spikedim.bounds._assumptions import SCALED_IDENTITY, UNIFORM_ENTRIES
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision
from spikedim.bounds._references import COVER_THOMAS, SHANNON_1959

__all__ = ["uniform_information_bits", "uniform_information_bits_upper"]

_SHANNON_OFFSET = 0.5 * math.log2(2 * math.pi * math.e)
_GAUSSIAN_OFFSET = 0.5 * math.log2(12)
_MEAN_ERROR = Assumption(
    "epsilon_rms is the root of the squared error averaged over data and entries"
)
_ANY_CODE = Assumption("the code may treat long blocks of samples together")


def uniform_information_bits(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Shannon lower bound on the bits that any code of uniform rates needs.

    .. math:: B \ge n d \left[\log_2\frac{L}{\epsilon_{rms}}
        - \tfrac12\log_2(2\pi e)\right]_+

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
        Bits per sample, at least 0. At ``epsilon_rms / lipschitz >= 0.242`` the bound is 0 and
        its `note` says that it is vacuous.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    uniform_information_bits_upper : The same quantity from above.
    spikes_for_bits : What the bits cost in spikes.

    Notes
    -----
    Assumptions:

    1. The entries of X are independent and uniform on [0, 1].
    2. f(X) = L X. If f only expands distances by at least l, put l in the place of L and twice
       epsilon_rms in the place of epsilon_rms.
    3. epsilon_rms averages over data and entries; it is not the largest error.

    Holds for every network, by data processing. Cost O(1).

    References
    ----------
    .. [1] C. E. Shannon, "Coding theorems for a discrete source with a fidelity criterion",
       IRE National Convention Record 7, 1959.

    Examples
    --------
    >>> got = uniform_information_bits(tokens=10, features=10, epsilon_rms=0.05, lipschitz=1.0)
    >>> round(got.value, 1)
    227.5
    """
    name = "uniform_information_bits"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    per_entry = max(0.0, math.log2(precision) - _SHANNON_OFFSET)
    note = ""
    if per_entry == 0:
        note = (
            f"vacuous: epsilon_rms / lipschitz = {1 / precision:.3g} is not below "
            f"{2**-_SHANNON_OFFSET:.3f}"
        )
    return Bound(
        name=name,
        value=entries * per_entry,
        unit="bits",
        kind=BoundKind.LOWER,
        population=describe(tokens, features, "population of uniform entries"),
        assumptions=(UNIFORM_ENTRIES, SCALED_IDENTITY, _MEAN_ERROR),
        reference=f"{SHANNON_1959}; theory index 6.1",
        note=note,
    )


def uniform_information_bits_upper(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Gaussian upper bound on the bits that the best code of uniform rates needs.

    .. math:: B \le n d \left[\log_2\frac{L}{\epsilon_{rms}} - \tfrac12\log_2 12\right]_+

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
        Bits per sample, at least 0; 0.254 bits per entry above the lower bound where neither
        is 0.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    uniform_information_bits : The same quantity from below.

    Notes
    -----
    Assumptions:

    1. The entries of X are independent and uniform on [0, 1], so that their variance is 1/12.
    2. What follows the code is L-Lipschitz in the Frobenius norm; f(X) = L X is the hardest.
    3. epsilon_rms averages over data and entries; it is not the largest error.
    4. The code may treat long blocks of samples together.

    A Gaussian source is the hardest of its variance. Cost O(1).

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley,
       2006, chapter 10.

    Examples
    --------
    >>> got = uniform_information_bits_upper(
    ...     tokens=1, features=1, epsilon_rms=0.05, lipschitz=1.0
    ... )
    >>> round(got.value, 2)
    2.53
    """
    name = "uniform_information_bits_upper"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=entries * max(0.0, math.log2(precision) - _GAUSSIAN_OFFSET),
        unit="bits",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "population of uniform entries"),
        assumptions=(UNIFORM_ENTRIES, SCALED_IDENTITY, _MEAN_ERROR, _ANY_CODE),
        reference=f"{COVER_THOMAS}, chapter 10; theory index 6.1",
    )
