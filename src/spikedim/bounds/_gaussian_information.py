"""Bits that any representation of Gaussian data must carry."""

from typing import Any

from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._references import COVER_THOMAS
from spikedim.bounds._water_filling import fill

__all__ = ["gaussian_information_bits"]

_GAUSSIAN = Assumption(
    "the data are Gaussian with these covariance eigenvalues; of all data with this covariance "
    "they need the most bits, so for other data the value is an upper bound"
)
_TOTAL = Assumption(
    "distortion is the expected squared error summed over the entries, "
    "n d epsilon_rms^2 / L^2 for f(X) = L X"
)


def gaussian_information_bits(*, eigenvalues: Any, distortion: float) -> Bound:
    r"""Rate-distortion function of a Gaussian vector, by reverse water-filling.

    .. math:: B = \tfrac12\sum_i\left[\log_2\frac{\lambda_i}{\theta}\right]_+, \qquad
        \sum_i\min(\theta,\lambda_i) = D

    Parameters
    ----------
    eigenvalues : array_like of shape [k]
        Covariance eigenvalues of the flattened population, at least 0, in squared rate units.
        The largest few are enough: leaving some out keeps this at or below the true value.
    distortion : float
        D above 0: expected squared error summed over the entries of X.

    Returns
    -------
    Bound
        Bits per sample, at least 0; `note` gives the number of active modes.

    Raises
    ------
    InputError
        If `eigenvalues` is not a vector of numbers at least 0 with one above 0, or `distortion`
        is not above 0.

    See Also
    --------
    reverse_water_filling : The water level and the active modes behind it.

    Notes
    -----
    Assumptions:

    1. The data are Gaussian with these eigenvalues. Other data with the same covariance need
       fewer bits: for them this is an upper bound, not a lower one.
    2. `distortion` is the total expected squared error, n d epsilon_rms^2 / L^2 for f(X) = L X.

    O(k log k), float64.

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley,
       2006, theorem 10.3.3.

    Examples
    --------
    >>> got = gaussian_information_bits(eigenvalues=[4.0, 1.0, 0.25], distortion=1.25)
    >>> got.value, got.note
    (2.0, '2 of 3 modes active')
    """
    name = "gaussian_information_bits"
    filled = fill(eigenvalues, distortion, caller=name)
    modes = len(eigenvalues)
    return Bound(
        name=name,
        value=filled.bits,
        unit="bits",
        kind=BoundKind.EXACT,
        population=f"{modes} eigenmodes, taken as Gaussian",
        assumptions=(_GAUSSIAN, _TOTAL),
        reference=f"{COVER_THOMAS}, theorem 10.3.3; theory index 6.1",
        note=f"{filled.active} of {modes} modes active"
        + ("; vacuous: the error covers all the variance" if filled.active == 0 else ""),
    )
