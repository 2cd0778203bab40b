"""Water-filling rank: components that a code must describe at a given distortion."""

from typing import Any

import numpy as np

from spikedim._core import AnyArray, check_positive
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import estimate, spectrum_of
from spikedim.dimension._tail import over_tails, tail_notes

__all__ = ["water_filling_rank"]


def water_filling_rank(x: Any, *, distortion: float) -> DimensionEstimate:
    r"""Count components above the water level of reverse water-filling.

    .. math:: k(\theta) = \#\{i : \lambda_i > \theta\}, \qquad
        \sum_i \min(\theta, \lambda_i) = D

    Parameters
    ----------
    x : array, Tensor, SampleStream or Spectrum
        Samples [S, D] (S >= 2, any unit) or their spectrum.
    distortion : float
        D, total mean squared error over all features in squared data units, > 0.

    Returns
    -------
    DimensionEstimate
        ``value`` lies in [0, min(S - 1, D)]; 0 if the distortion is at least the total
        variance, so that nothing need be coded.

    Raises
    ------
    InputError
        If `distortion` is not a finite number above 0, or `x` is not a finite [S, D] collection
        with S >= 2 and some variance.

    Notes
    -----
    O(S D min(S, D)) time. The level is found in closed form from the sorted eigenvalues.
    `distortion` is kept on every subset and neighbourhood.

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, "Elements of Information Theory", 2nd ed., Wiley, 2006,
       theorem 10.3.3.

    Examples
    --------
    >>> x = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> water_filling_rank(x, distortion=1.0).value
    2.0
    >>> water_filling_rank(x, distortion=2.0).value
    1.0
    """
    check_positive(distortion, name="distortion", caller="water_filling_rank")
    spectrum = spectrum_of(x, caller="water_filling_rank")

    def active(eigenvalues: AnyArray) -> float:
        return _components_above_water(eigenvalues, distortion)

    return estimate(
        spectrum,
        over_tails(active),
        estimator="water_filling_rank",
        least=0.0,
        parameters={"distortion": float(distortion)},
        notes=tail_notes(spectrum, active),
        whole=spectrum.exact,
    )


def _components_above_water(eigenvalues: AnyArray, distortion: float) -> float:
    """Return the number of eigenvalues above the level at which the distortion is spent.

    With the level at eigenvalue k (from 1), k * lambda_k plus all smaller eigenvalues is spent:
    a falling sequence, so component k lies above the water while that exceeds the distortion.
    """
    below = eigenvalues.sum() - np.cumsum(eigenvalues)
    spent = np.arange(1, len(eigenvalues) + 1) * eigenvalues + below
    return float(np.sum(spent > distortion))
