"""Participation ratio: how many principal axes share the variance evenly."""

from typing import Any

import numpy as np

from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import AnySpectrum, estimate, spectrum_of

__all__ = ["participation_ratio", "ratio_of_moments"]


def participation_ratio(x: Any) -> DimensionEstimate:
    r"""Effective dimension as the participation ratio of the covariance spectrum.

    .. math:: \mathrm{PR} = \frac{(\sum_i \lambda_i)^2}{\sum_i \lambda_i^2}

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit) or their spectrum.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [1, min(S - 1, D)].
    """
    spectrum = spectrum_of(x, caller="participation_ratio")
    return estimate(spectrum, ratio_of_moments, estimator="participation_ratio")


def ratio_of_moments(spectrum: AnySpectrum) -> float:
    """Return (sum of eigenvalues)^2 / sum of their squares, from the two sums alone."""
    squared = spectrum.squared_norm
    if squared is None:
        squared = float(np.square(spectrum.eigenvalues).sum())
    return spectrum.total_variance**2 / squared
