"""Stable rank: total variance in units of the largest."""

from typing import Any

from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import estimate, spectrum_of

__all__ = ["stable_rank"]


def stable_rank(x: Any) -> DimensionEstimate:
    r"""Stable rank of the centred samples: total variance over the largest eigenvalue.

    .. math:: \frac{\lVert X - \bar x \rVert_F^2}{\lVert X - \bar x \rVert_2^2}
        = \frac{\sum_i \lambda_i}{\lambda_1}

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit; the answer is scale free) or their spectrum.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [1, min(S - 1, D)] and is never above the participation ratio. From a
        sketch it is bracketed by ``certified_low`` and ``certified_high``.

    Raises
    ------
    InputError
        If `x` is not a finite [S, D] collection with S >= 2, or all its features are constant.

    Notes
    -----
    O(S D min(S, D)) time. One dominant axis (brightness of images) hides all others; the least
    sensitive of these dimensions to the number of samples.

    References
    ----------
    .. [1] M. Rudelson and R. Vershynin, "Sampling from large matrices: an approach through
       geometric functional analysis", Journal of the ACM 54(4), 2007, section 1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> stable_rank(x).value
    1.25
    """
    spectrum = spectrum_of(x, caller="stable_rank")
    certified = None
    if not spectrum.exact and spectrum.residual_norm is not None:
        largest = float(spectrum.eigenvalues[0])
        total = spectrum.total_variance
        certified = total / (largest + spectrum.residual_norm), total / largest
    return estimate(
        spectrum,
        lambda s: s.total_variance / float(s.eigenvalues[0]),
        estimator="stable_rank",
        certified=certified,
    )
