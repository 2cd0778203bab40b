"""Participation ratio: how many principal axes share the variance evenly."""

from typing import Any

import numpy as np

from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import AnySpectrum, estimate, spectrum_of
from spikedim.dimension._measure import Detail

__all__ = ["participation_ratio", "squared_norm_of"]


def participation_ratio(x: Any, *, replicates: int = 16) -> DimensionEstimate:
    r"""Effective dimension as the participation ratio of the covariance spectrum.

    With eigenvalues :math:`\lambda_i` of the covariance :math:`C` of `x`,

    .. math:: \mathrm{PR} = \frac{(\sum_i \lambda_i)^2}{\sum_i \lambda_i^2}
        = \frac{(\operatorname{tr} C)^2}{\lVert C \rVert_F^2}.

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit; the ratio is scale free) or their spectrum.
    replicates : int
        Random subsets for the interval when `x` are samples; 0 for the bare value. A
        `Spectrum` brings its own.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [1, min(S - 1, D)].

    Raises
    ------
    InputError
        If `x` is not a finite [S, D] collection with S >= 2, or all its features are constant.

    Notes
    -----
    Traces replace an eigendecomposition: O(S D min(S, D)) time, float64 inside. Biased low
    when S is not much larger than the true dimension [1]_; see
    `participation_ratio_corrected`. With mu = sum(lambda^2) / sum(lambda), half of it is never
    above, and itself never below, the ridge dimension.

    References
    ----------
    .. [1] P. Gao et al., "A theory of multineuronal dimensionality, dynamics and measurement",
       bioRxiv 214262, 2017.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> participation_ratio(x).value
    2.0
    """
    spectrum = spectrum_of(
        x, caller="participation_ratio", detail=Detail.MOMENTS, replicates=replicates
    )
    return estimate(
        spectrum,
        lambda s: s.total_variance**2 / squared_norm_of(s),
        estimator="participation_ratio",
    )


def squared_norm_of(spectrum: AnySpectrum) -> float:
    """Return the sum of squares of all eigenvalues."""
    if spectrum.squared_norm is not None:
        return spectrum.squared_norm
    return float(np.square(spectrum.eigenvalues).sum())
