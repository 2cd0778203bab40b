"""PCA dimension: how many principal axes hold 95 % of the variance."""

from typing import Any

import numpy as np

from spikedim._core import check_fraction
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import AnySpectrum, estimate, spectrum_of

__all__ = ["components_for", "pca95"]


def pca95(x: Any, *, fraction: float = 0.95) -> DimensionEstimate:
    r"""Smallest number of principal components that hold a fraction of the variance.

    .. math:: d = \min\{k : \textstyle\sum_{i \le k} \lambda_i \ge q \sum_i \lambda_i\}

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit) or their spectrum.
    fraction : float
        q in (0, 1], the share of the variance to hold.

    Returns
    -------
    DimensionEstimate
        ``value`` is a whole number in [1, min(S - 1, D)].
    """
    q = check_fraction(fraction, name="fraction", caller="pca95")
    spectrum = spectrum_of(x, caller="pca95")
    return estimate(
        spectrum, lambda s: components_for(s, q), estimator="pca95", parameters={"fraction": q}
    )


def components_for(spectrum: AnySpectrum, fraction: float) -> float:
    """Return the number of known eigenvalues whose sum reaches `fraction` of the total."""
    held = np.cumsum(spectrum.eigenvalues)
    # Rounding of the sum must not add a component when the threshold is met exactly.
    slack = 1 - 4 * np.finfo(np.float64).eps * len(held)
    reached = np.searchsorted(held, fraction * spectrum.total_variance * slack)
    return float(min(int(reached) + 1, len(held)))
