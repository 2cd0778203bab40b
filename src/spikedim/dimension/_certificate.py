"""How many principal axes hold a fraction of the variance, when only some are known."""

import math
from typing import Any

import numpy as np

from spikedim._core import check_fraction
from spikedim.dimension._spectrum import Spectrum

__all__ = ["FAILURE", "certified_rank", "frobenius_factor", "norm_factor"]

FAILURE = 1e-6
"""Probability with which one of the two random bounds on the residual may fail."""

_ROUNDING = 1e-6


def norm_factor(count: int) -> float:
    r"""Return c such that ``max_i |E w_i| * c`` bounds the spectral norm of any E.

    It fails with probability at most `FAILURE` over `count` standard normal vectors w_i: Halko,
    Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53, 2011, eq. 4.3.
    """
    return math.sqrt(2 / math.pi) * math.pow(FAILURE, -1 / count)


def frobenius_factor(count: int) -> float:
    r"""Return c such that ``rms_i |E w_i| * c`` bounds the Frobenius norm of any E.

    It fails with probability at most `FAILURE`. The sum of |E w_i|^2 / |E|_F^2 is a convex
    combination of independent chi-squares with `count` degrees of freedom, so Chernoff's bound
    for a single one, P(mean <= t) <= (t exp(1 - t))^(count / 2), holds for it too.
    """
    low, high, target = 0.0, 1.0, 2 * math.log(FAILURE) / count
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if math.log(middle) + 1 - middle < target else (low, middle)
    return 1 / math.sqrt(low)


def certified_rank(spectrum: Spectrum, fraction: float) -> tuple[int, int | None]:
    r"""Return bounds on the number of principal axes that hold `fraction` of the variance.

    Let B be the compression of the covariance A to the captured subspace and G to its complement.
    The j largest eigenvalues of A sum to at least those of B, and to at most those of B plus those
    of G [1]_; the latter sum is at most ``min(tr G, j |G|, sqrt(j) |G|_F)``. The same holds with
    the Nystroem approximation and its residual in place of B and G. After a second pass the block
    C that couples the two subspaces is bounded too: an eigenvalue ``mu > |G|`` of A is one of the
    Schur complement ``B + C (mu - G)^-1 C'``, so where the j-th value theta_j of B exceeds
    ``|G|``, the excess over B is at most ``|C|_F^2 / (theta_j - |G|)``.

    Parameters
    ----------
    spectrum : Spectrum
        Exact or from a sketch.
    fraction : float
        Fraction of the total variance in (0, 1].

    Returns
    -------
    tuple of (int, int or None)
        The smallest and largest rank possible for these very samples; None if the captured
        subspace holds less than `fraction` (the rank is then only known to be at least the first
        number). Equal on the exact path. Sums within 1e-6 of the total variance of the target
        count as undecided.

    Raises
    ------
    InputError
        If `fraction` is not in (0, 1].

    Notes
    -----
    ``missing_variance`` is certain; ``residual_norm``, ``residual_frobenius`` and
    ``residual_coupling`` each fail with probability at most 1e-6 for each of two bounds they are
    the smaller of.

    References
    ----------
    .. [1] J.-C. Bourin and E.-Y. Lee, "Unitary orbits of Hermitian operators with convex or
       concave functions", Bulletin of the London Mathematical Society 44, 2012, Lemma 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> sketch = Spectrum(np.array([6.0, 3.0]), 10.0, 45.5, 50, 20, "pixels", method="sketch",
    ...                   missing_variance=1.0, residual_norm=0.2)
    >>> certified_rank(sketch, 0.8)
    (2, 2)
    >>> certified_rank(sketch, 0.95)
    (3, None)
    """
    fraction = check_fraction(fraction, name="fraction", caller="certified_rank")
    captured = np.cumsum(spectrum.eigenvalues)
    total = spectrum.total_variance
    if spectrum.exact:
        # Rounding of the sum must not add an axis when the threshold is met exactly.
        almost = 1 - 4 * np.finfo(np.float64).eps * len(captured)
        rank = _count(captured < fraction * captured[-1] * almost)
        return rank, rank
    need, slack = fraction * total, _ROUNDING * total
    high = _count(captured < need + slack) if captured[-1] >= need + slack else None
    short = captured + _room(spectrum) < need - slack
    if short[-1]:
        return _beyond(spectrum, need - slack - float(captured[-1])), high
    return _count(short), high


def _count(short: Any) -> int:
    """Return the number of axes after the last one where the sum is still `short`."""
    return int(np.flatnonzero(short)[-1]) + 2 if short.any() else 1


def _room(spectrum: Spectrum) -> Any:
    """Return the most that the j largest eigenvalues can hold beyond the captured ones."""
    count = np.arange(1, len(spectrum.eigenvalues) + 1)
    room = np.full(len(count), spectrum.missing_variance)
    norm = spectrum.residual_norm
    if norm is not None:
        room = np.minimum(room, count * norm)
    if spectrum.residual_frobenius is not None:
        room = np.minimum(room, np.sqrt(count) * spectrum.residual_frobenius)
    if norm is not None and spectrum.residual_coupling is not None:
        above = spectrum.eigenvalues > norm
        gap = spectrum.eigenvalues[above] - norm
        room[above] = np.minimum(room[above], spectrum.residual_coupling**2 / gap)
    return room


def _beyond(spectrum: Spectrum, need: float) -> int:
    """Return the fewest axes that can have `need` variance outside the captured subspace."""
    most = min(spectrum.n_samples - 1, spectrum.n_features)
    fewest = len(spectrum.eigenvalues) + 1.0
    if spectrum.residual_norm:
        fewest = max(fewest, need / spectrum.residual_norm)
    if spectrum.residual_frobenius:
        fewest = max(fewest, (need / spectrum.residual_frobenius) ** 2)
    return min(math.ceil(fewest * (1 - _ROUNDING)), most)
