"""Reverse water-filling: how a Gaussian vector spends an error budget over its modes."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import InputError, Result, check_array, check_positive

__all__ = ["WaterFilling", "fill", "reverse_water_filling"]


@final
@dataclass(frozen=True)
class WaterFilling(Result):
    """The optimal split of an error budget over eigenmodes.

    Parameters
    ----------
    level : float
        Water level theta; every mode keeps the error min(theta, eigenvalue).
    active : int
        Number of modes with an eigenvalue above the level: those that cost bits.
    distortion : float
        Total squared error spent, min(budget, sum of eigenvalues).
    bits : float
        Rate-distortion function of the Gaussian vector at that error.
    """

    schema: ClassVar[str] = "spikedim.water_filling/1"

    level: float
    active: int
    distortion: float
    bits: float


def reverse_water_filling(*, eigenvalues: Any, distortion: float) -> WaterFilling:
    r"""Spend a total squared error over the modes of a Gaussian vector.

    .. math:: \sum_i \min(\theta, \lambda_i) = D, \qquad
        B = \tfrac12 \sum_i \left[\log_2 \frac{\lambda_i}{\theta}\right]_+

    Parameters
    ----------
    eigenvalues : array_like of shape [k]
        Covariance eigenvalues, at least 0, any order, not all 0.
    distortion : float
        Error budget D above 0: expected squared error summed over all entries.

    Returns
    -------
    WaterFilling
        Level, number of active modes, error spent and bits; 0 bits if the budget covers all
        the variance.

    Raises
    ------
    InputError
        If `eigenvalues` is not a finite vector of numbers at least 0 with one above 0, or
        `distortion` is not above 0.

    Notes
    -----
    Exact: the level is read off the sorted eigenvalues, no bisection. O(k log k), float64.

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley,
       2006, theorem 10.3.3.

    Examples
    --------
    >>> reverse_water_filling(eigenvalues=[4.0, 1.0, 0.25], distortion=1.25)
    WaterFilling(level=0.5, active=2, distortion=1.25, bits=2.0)
    """
    return fill(eigenvalues, distortion, caller="reverse_water_filling")


def fill(eigenvalues: Any, distortion: float, *, caller: str) -> WaterFilling:
    """Do the work of `reverse_water_filling` under the caller's name."""
    values = check_array(eigenvalues, name="eigenvalues", caller=caller, ndim=(1,))
    spectrum = np.sort(values.astype(np.float64))[::-1]
    if spectrum[-1] < 0 or spectrum[0] <= 0:
        raise InputError(
            f"{caller}: `eigenvalues` must be >= 0 with one above 0; got values from "
            f"{spectrum[-1]:g} to {spectrum[0]:g}. Pass the eigenvalues of a covariance."
        )
    budget = check_positive(distortion, name="distortion", caller=caller)
    total = math.fsum(spectrum)
    if budget >= total:
        return WaterFilling(float(spectrum[0]), 0, total, 0.0)
    # With j active modes the level is what the others leave, shared: the first j for which the
    # next eigenvalue lies at or below that level is the right one.
    tails = np.append(np.cumsum(spectrum[::-1])[::-1][1:], 0.0)
    levels = (budget - tails) / np.arange(1, len(spectrum) + 1)
    following = np.append(spectrum[1:], 0.0)
    active = int(np.argmax(levels >= following)) + 1
    level = float(levels[active - 1])
    bits = 0.5 * float(np.log2(spectrum[:active] / level).sum())
    return WaterFilling(level, active, budget, max(0.0, bits))
