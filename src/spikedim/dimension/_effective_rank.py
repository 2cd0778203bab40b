"""Effective rank: the exponential of the spectrum's entropy."""

from typing import Any

import numpy as np

from spikedim._core import AnyArray
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import estimate, spectrum_of
from spikedim.dimension._tail import over_tails, tail_notes

__all__ = ["effective_rank"]


def effective_rank(x: Any) -> DimensionEstimate:
    r"""Exponential of the Shannon entropy of the normalised covariance spectrum.

    .. math:: \exp\Bigl(-\sum_i p_i \ln p_i\Bigr), \qquad p_i = \lambda_i / \sum_j \lambda_j

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit; the answer is scale free) or their spectrum.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [1, min(S - 1, D)] and is never below the participation ratio.

    Raises
    ------
    InputError
        If `x` is not a finite [S, D] collection with S >= 2, or all its features are constant.

    Notes
    -----
    O(S D min(S, D)) time. It is [1]_ applied to the covariance; RankMe applies the same formula
    to the singular values of the samples, the square roots of these eigenvalues, and gives
    larger numbers. Many small eigenvalues count, so it grows with S for longer than the
    participation ratio does.

    References
    ----------
    .. [1] O. Roy and M. Vetterli, "The effective rank: a measure of effective dimensionality",
       EUSIPCO, 2007, definition 1.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> round(effective_rank(x).value, 6)
    2.0
    """
    spectrum = spectrum_of(x, caller="effective_rank")
    return estimate(
        spectrum,
        over_tails(_exponential_entropy),
        estimator="effective_rank",
        notes=tail_notes(spectrum, _exponential_entropy),
    )


def _exponential_entropy(eigenvalues: AnyArray) -> float:
    share = eigenvalues[eigenvalues > 0] / eigenvalues.sum()
    # A subnormal eigenvalue may vanish in the division.
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))
