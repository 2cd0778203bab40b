"""Every spectral estimator on one spectrum."""

from collections.abc import Callable

from spikedim._core import InputError, NumericsError
from spikedim.dimension._effective_rank import effective_rank
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._participation_ratio import participation_ratio, squared_norm_of
from spikedim.dimension._participation_ratio_corrected import participation_ratio_corrected
from spikedim.dimension._pca95 import pca95
from spikedim.dimension._ridge_dimension import ridge_dimension
from spikedim.dimension._spectrum import Spectrum
from spikedim.dimension._stable_rank import stable_rank
from spikedim.dimension._water_filling_rank import water_filling_rank

__all__ = ["all_estimates"]

_DISTORTION = 0.05


def all_estimates(spectrum: Spectrum) -> tuple[DimensionEstimate, ...]:
    """Return every spectral dimension of one spectrum, with sensible parameters.

    Parameters
    ----------
    spectrum : Spectrum
        From `covariance_spectrum` or a sketch.

    Returns
    -------
    tuple of DimensionEstimate
        pca95 (fraction 0.95), participation_ratio, participation_ratio_corrected,
        effective_rank, stable_rank, ridge_dimension at mu = sum(lambda^2) / sum(lambda), and
        water_filling_rank at a distortion of 5 % of the total variance. The corrected ratio is
        left out where it does not exist (fewer than 4 samples, or too few for their spread).

    Raises
    ------
    InputError
        If `spectrum` is not a `Spectrum`.

    Notes
    -----
    O(k) time for k eigenvalues, times the number of subsets.

    Examples
    --------
    >>> import numpy as np
    >>> from spikedim.dimension import covariance_spectrum
    >>> x = np.random.default_rng(0).normal(size=(100, 5))
    >>> [e.estimator for e in all_estimates(covariance_spectrum(x))][:2]
    ['pca95', 'participation_ratio']
    """
    if not isinstance(spectrum, Spectrum):
        raise InputError(
            f"all_estimates: `spectrum` must be a Spectrum; got {type(spectrum).__name__}. "
            "Call `covariance_spectrum(x)` first."
        )
    mu = squared_norm_of(spectrum) / spectrum.total_variance
    distortion = _DISTORTION * spectrum.total_variance
    return (
        pca95(spectrum),
        participation_ratio(spectrum),
        *_where_it_exists(participation_ratio_corrected, spectrum),
        effective_rank(spectrum),
        stable_rank(spectrum),
        ridge_dimension(spectrum, mu=mu),
        water_filling_rank(spectrum, distortion=distortion),
    )


def _where_it_exists(
    estimator: Callable[[Spectrum], DimensionEstimate], spectrum: Spectrum
) -> tuple[DimensionEstimate, ...]:
    try:
        return (estimator(spectrum),)
    except (InputError, NumericsError):
        return ()
