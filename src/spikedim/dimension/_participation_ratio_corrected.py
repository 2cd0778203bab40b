"""Participation ratio freed of the bias that few samples cause."""

import math
from typing import Any

from spikedim._core import InputError, NumericsError
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import AnySpectrum, estimate, spectrum_of
from spikedim.dimension._participation_ratio import squared_norm_of

__all__ = ["participation_ratio_corrected"]


def participation_ratio_corrected(x: Any) -> DimensionEstimate:
    r"""Participation ratio with unbiased estimates of its numerator and denominator.

    With C the sample covariance of n rows and
    :math:`Q = \sum_i \lVert x_i - \bar x \rVert^4 / (n - 1)`,

    .. math::
        \mathrm{PR} = \frac{2 \operatorname{tr} C^2 + (n^2 - 3n + 1) (\operatorname{tr} C)^2 - nQ}
        {(n - 1)(n - 2) \operatorname{tr} C^2 + (\operatorname{tr} C)^2 - nQ}.

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 4 independent rows, any unit) or their spectrum.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [1, D]. It may exceed S - 1, which the plug-in ratio cannot: then few
        samples hint at more dimensions than they can span, and a note says so.

    Raises
    ------
    InputError
        If `x` is not a finite [S, D] collection with S >= 4, or all its features are constant,
        or a `Spectrum` lacks the fourth moment.
    NumericsError
        If the samples are so few that the estimate of the squared norm is not positive.

    Notes
    -----
    O(S D min(S, D)) time. Both parts are unbiased for any distribution with four moments [1]_;
    their ratio is biased by O(1/n) only. The variance is larger than that of the plug-in ratio.
    Rows are taken as independent: tokens of one image are not, and the correction is then too
    small.

    References
    ----------
    .. [1] T. Himeno and T. Yamada, "Estimations for some functions of covariance matrix in high
       dimension under non-normality and its applications", Journal of Multivariate Analysis 130,
       2014, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(20, 50))
    >>> round(participation_ratio_corrected(x).value)
    45
    """
    spectrum = spectrum_of(x, caller="participation_ratio_corrected")
    if spectrum.n_samples < 4 or spectrum.norm_fourth_moment is None:
        raise InputError(
            "participation_ratio_corrected: `x` must have at least 4 samples and their fourth "
            f"moment; got {spectrum.n_samples} samples. Use `participation_ratio`."
        )
    value = _corrected(spectrum)
    if not math.isfinite(value):
        raise NumericsError(
            "participation_ratio_corrected: the unbiased squared norm of the covariance is not "
            f"positive with {spectrum.n_samples} samples. Supply more, or use "
            "`participation_ratio`."
        )
    notes: tuple[str, ...] = ()
    if value > spectrum.n_samples - 1:
        notes += (f"The value exceeds the {spectrum.n_samples - 1} axes these samples can span.",)
    most = float(spectrum.n_features - spectrum.constant_features)
    return estimate(
        spectrum, _corrected, estimator="participation_ratio_corrected", most=most, notes=notes
    )


def _corrected(spectrum: AnySpectrum) -> float:
    """Return the ratio of the two unbiased estimates, or NaN where it has no meaning."""
    n, trace = spectrum.n_samples, spectrum.total_variance
    if spectrum.norm_fourth_moment is None or n < 4:
        return math.nan
    square = squared_norm_of(spectrum)
    fourth = n * spectrum.norm_fourth_moment * n / (n - 1)
    above = 2 * square + (n * n - 3 * n + 1) * trace**2 - fourth
    below = (n - 1) * (n - 2) * square + trace**2 - fourth
    # Below this the difference is rounding noise, not an estimate.
    if below <= 1e-12 * fourth:
        return math.nan
    return above / below
