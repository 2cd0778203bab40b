"""PCA dimension: how many principal axes hold 95 % of the variance."""

from typing import Any

import numpy as np

from spikedim._core import check_fraction
from spikedim.dimension._certificate import certified_rank
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import AnySpectrum, estimate, spectrum_of
from spikedim.dimension._measure import Detail
from spikedim.dimension._spectrum import Spectrum

__all__ = ["pca95"]


def pca95(x: Any, *, fraction: float = 0.95, replicates: int = 8) -> DimensionEstimate:
    r"""Smallest number of principal axes that hold a fraction of the variance.

    With eigenvalues :math:`\lambda_1 \ge \lambda_2 \ge \dots` of the covariance of `x`,

    .. math:: d = \min\{k : \textstyle\sum_{i \le k} \lambda_i \ge q \sum_i \lambda_i\}.

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit; the answer is scale free) or their spectrum.
    fraction : float
        q in (0, 1], the share of the variance to hold; 0.95 gives the published d_eff.
    replicates : int
        Random subsets for the interval when `x` are samples; 0 for the bare value. A
        `Spectrum` brings its own.

    Returns
    -------
    DimensionEstimate
        ``value`` is a whole number in [1, min(S - 1, D)]. From a sketch, ``certified_low`` and
        ``certified_high`` bracket the value for these very samples; without an upper bound,
        ``value`` is the lower one.

    Raises
    ------
    InputError
        If `fraction` is not in (0, 1], or `x` is not finite [S, D] with S >= 2 and variance.

    Notes
    -----
    O(S D min(S, D)) time. For min(S, D) >= 1024 and `x` given as samples only the leading
    part of the spectrum is computed, in float32, and then proved in float64 to settle the
    threshold; where the proof fails all eigenvalues are computed. Strongly biased low when S
    is not many times the true dimension: read ``curve``, ``still_rising`` and
    ``extrapolated``. A plan that keeps only these axes cannot reach errors below the share
    1 - q of the variance that it drops.

    References
    ----------
    .. [1] I. T. Jolliffe, "Principal Component Analysis", 2nd ed., Springer, 2002, section
       6.1.1.

    Examples
    --------
    >>> x = np.diag([10.0, 5.0, 1.0])
    >>> x = np.concatenate([x, -x])
    >>> pca95(x).value, pca95(x, fraction=0.5).value
    (2.0, 1.0)
    """
    q = check_fraction(fraction, name="fraction", caller="pca95")
    spectrum = spectrum_of(
        x, caller="pca95", detail=Detail.LEADING, fraction=q, replicates=replicates
    )
    return estimate(
        spectrum,
        lambda s: _components(s, q),
        estimator="pca95",
        parameters={"fraction": q},
        certified=_certified(spectrum, q),
        notes=_sketch_notes(spectrum, q),
        whole=True,
    )


def _certified(spectrum: Spectrum, fraction: float) -> tuple[float | None, float | None] | None:
    """Return bounds on the value for these very samples, or None if it is exact."""
    if spectrum.exact:
        return None
    low, high = certified_rank(spectrum, fraction)
    return float(low), None if high is None else float(high)


def _components(spectrum: AnySpectrum, fraction: float) -> float:
    """Return the number of eigenvalues whose sum reaches `fraction` of the total."""
    held = np.cumsum(spectrum.eigenvalues)
    # Rounding of the sum must not add a component when the threshold is met exactly.
    slack = 1 - 4 * np.finfo(np.float64).eps * len(held)
    reached = int(np.searchsorted(held, fraction * spectrum.total_variance * slack)) + 1
    if isinstance(spectrum, Spectrum) and not spectrum.exact and reached > len(held):
        return float(certified_rank(spectrum, fraction)[0])
    return float(min(reached, len(held)))


def _sketch_notes(spectrum: Spectrum, fraction: float) -> tuple[str, ...]:
    """Say what a sketch leaves open."""
    if spectrum.exact or certified_rank(spectrum, fraction)[1] is not None:
        return ()
    held = 100 * (1 - spectrum.missing_variance / spectrum.total_variance)
    note = f"The sketch holds {held:.1f} % of the variance in {len(spectrum.eigenvalues)} axes, "
    wanted = f"less than {100 * fraction:g} %: the value is a certified lower bound."
    return (note + wanted,)
