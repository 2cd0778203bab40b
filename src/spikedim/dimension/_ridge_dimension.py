"""Ridge dimension: directions whose variance stands out of a given noise."""

from typing import Any

import numpy as np

from spikedim._core import AnyArray, check_positive
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import estimate, spectrum_of
from spikedim.dimension._tail import over_tails, tail_notes

__all__ = ["ridge_dimension"]


def ridge_dimension(x: Any, *, mu: float) -> DimensionEstimate:
    r"""Degrees of freedom of ridge regression, or of a Wiener filter at noise variance mu.

    .. math:: d_\mu = \sum_i \frac{\lambda_i}{\lambda_i + \mu}

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit) or their spectrum.
    mu : float
        Noise variance per direction in squared data units, > 0. With
        mu = sum(lambda^2) / sum(lambda) the value lies between half the participation ratio
        and the participation ratio.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [0, min(S - 1, D)] and falls as `mu` grows.

    Raises
    ------
    InputError
        If `mu` is not a finite number above 0, or `x` is not a finite [S, D] collection with
        S >= 2 and some variance.

    Notes
    -----
    O(S D min(S, D)) time. `mu` is kept on every subset and neighbourhood.

    References
    ----------
    .. [1] T. Zhang, "Learning bounds for kernel regression using effective data
       dimensionality", Neural Computation 17(9), 2005, definition of D_lambda.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> ridge_dimension(x, mu=2 / 3).value
    1.0
    """
    check_positive(mu, name="mu", caller="ridge_dimension")
    spectrum = spectrum_of(x, caller="ridge_dimension")

    def degrees(eigenvalues: AnyArray) -> float:
        return float(np.sum(eigenvalues / (eigenvalues + mu)))

    return estimate(
        spectrum,
        over_tails(degrees),
        estimator="ridge_dimension",
        least=0.0,
        parameters={"mu": float(mu)},
        notes=tail_notes(spectrum, degrees),
    )
