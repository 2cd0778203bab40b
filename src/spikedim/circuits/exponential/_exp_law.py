"""What is known of the coincidence exponentials before they run: order, bias, variance, steps."""

import math
from typing import Any

import numpy as np
from scipy import stats

from spikedim._core import InputError, check_choice, check_integer, check_positive
from spikedim.circuits._checks import MOST_STEPS, check_steps
from spikedim.circuits.exponential._coincidence_series import Streams, series_variance
from spikedim.circuits.exponential._exp_entries import (
    Array,
    check_exponents,
    check_half_range,
    input_rates,
)

__all__ = [
    "check_order",
    "factory_variance",
    "taylor_bias",
    "taylor_order",
    "taylor_steps",
    "taylor_variance",
    "taylor_weights",
]

_MOST_ORDERS = 128


def taylor_order(*, half_range: float, error: float) -> int:
    r"""Smallest order J of the coincidence series for a truncation error of e^M `error`.

    .. math:: 0 \le e^z - \mathbb E \hat E_J \le e^M\, P(\mathrm{Poisson}(2M) > J)

    Parameters
    ----------
    half_range : float
        M, above 0 and at most 27; z lies in [-M, M].
    error : float
        Largest truncation error as a fraction of e^M, in (0, 1).

    Returns
    -------
    int
        J, at least 1.

    Raises
    ------
    InputError
        If a number is out of its range.

    Notes
    -----
    J + 1 >= max(2 M e^2, ln(2/error)) is always enough, and about three times more than needed.

    Examples
    --------
    >>> taylor_order(half_range=2.0, error=1e-3)
    11
    """
    caller = "taylor_order"
    limit = check_half_range(half_range, caller=caller)
    fraction = check_positive(error, name="error", caller=caller)
    if fraction >= 1:
        raise InputError(f"{caller}: `error` must be in (0, 1); got {error!r}. Use e.g. 1e-3.")
    left = stats.poisson.sf(np.arange(1, _MOST_ORDERS + 1), 2 * limit)
    if left[-1] > fraction:
        raise InputError(
            f"{caller}: `error` must be at least {left[-1]:.3g}, that of order {_MOST_ORDERS}, for "
            f"a half range of {limit:g}; got {error!r}. No run averages so far down."
        )
    return 1 + int(np.argmax(left <= fraction))


def taylor_bias(z: Any, *, half_range: float, order: int) -> Array:
    r"""Mean error of the coincidence series of order J, exactly.

    .. math:: \mathbb E \hat E_J - e^z = -e^z\, P(\mathrm{Poisson}(z + M) > J)

    Parameters
    ----------
    z : array or Tensor of shape [...]
        Exponents in [-M, M].
    half_range : float
        M, above 0 and at most 27.
    order : int
        J, 1 to 128.

    Returns
    -------
    ndarray of shape [...]
        Never above 0.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> float(taylor_bias([2.0], half_range=2.0, order=9)[0].round(4))
    -0.0601
    """
    caller = "taylor_bias"
    array, limit = check_exponents(z, half_range, caller=caller)
    return np.asarray(
        -np.exp(array) * stats.poisson.sf(check_order(order, caller=caller), array + limit)
    )


def taylor_variance(
    z: Any, *, half_range: float, order: int, steps: int, streams: Streams | str = Streams.FRESH
) -> Array:
    r"""Variance of the coincidence series of order J after T steps, exactly.

    .. math:: \frac{e^{-2M}}{T} \sum_j c_j^2 r^j (1 - r^j) \quad\text{(fresh)}, \qquad
        \frac{e^{-2M}}{T} \sum_{i,j} c_i c_j \left(r^{\max(i,j)} - r^{i+j}\right)
        \quad\text{(nested)}

    with c_j = (2M)^j/j! and r = (z + M)/(2M).

    Parameters
    ----------
    z : array or Tensor of shape [...]
        Exponents in [-M, M].
    half_range : float
        M, above 0 and at most 27.
    order : int
        J, 1 to 128.
    steps : int
        T, at least 1.
    streams : Streams or str
        ``"fresh"`` (default): order j has j streams of its own; ``"nested"``: all orders share J.

    Returns
    -------
    ndarray of shape [...]
        Squares of e^z's unit.

    Raises
    ------
    InputError
        If a number is out of its range.

    See Also
    --------
    taylor_steps : Steps that bound it relative to e^z.

    Notes
    -----
    The covariances between nested orders are never negative, so sharing streams costs variance.
    Either is at most e^M e^(2z)/T, the worst case being near z = -M/2. O(J) per entry.

    Examples
    --------
    >>> float(taylor_variance([0.0], half_range=2.0, order=13, steps=1)[0].round(3))
    0.694
    >>> got = taylor_variance([0.0], half_range=2.0, order=13, steps=1, streams="nested")
    >>> float(got[0].round(2))
    2.09
    """
    caller = "taylor_variance"
    array, limit = check_exponents(z, half_range, caller=caller)
    count = check_steps(steps, caller=caller)
    kind = Streams(check_choice(streams, list(Streams), name="streams", caller=caller))
    weights = taylor_weights(limit, check_order(order, caller=caller))
    return np.asarray(series_variance(input_rates(array, limit), weights, kind) / count)


def taylor_steps(*, half_range: float, epsilon_relative: float) -> int:
    r"""Fewest steps known to be enough for a relative RMS deviation of the series.

    .. math:: T = \left\lceil e^M / \epsilon^2 \right\rceil

    Parameters
    ----------
    half_range : float
        M, above 0 and at most 27.
    epsilon_relative : float
        Standard deviation over e^z, above 0; truncation is not part of it.

    Returns
    -------
    int
        Whole steps, at least 1, for fresh and for nested streams.

    Raises
    ------
    InputError
        If a number is out of its range.

    Notes
    -----
    With c_i c_j r^max(i, j) <= c_i c_j r^((i + j)/2), the relative variance of one step is at
    most exp(4M(sqrt r - r)), which is e^M at r = 1/4.

    Examples
    --------
    >>> taylor_steps(half_range=3.0, epsilon_relative=0.1)
    2009
    """
    caller = "taylor_steps"
    limit = check_half_range(half_range, caller=caller)
    epsilon = check_positive(epsilon_relative, name="epsilon_relative", caller=caller)
    exponent = limit - 2 * math.log(epsilon)
    if exponent > math.log(MOST_STEPS):
        least = math.exp(limit / 2) / math.sqrt(MOST_STEPS)
        raise InputError(
            f"{caller}: `epsilon_relative` must be at least {least:.3g}, which takes 2**40 steps "
            f"for a half range of {limit:g}; got {epsilon_relative!r}. Narrow `half_range`."
        )
    return max(1, math.ceil(math.exp(exponent)))


def factory_variance(z: Any, *, half_range: float, steps: int) -> Array:
    r"""Variance of the Bernoulli factory's estimate of e^z after T steps, exactly.

    .. math:: \frac{e^{2M} p (1 - p)}{T}, \qquad p = e^{z - M}

    Parameters
    ----------
    z : array or Tensor of shape [...]
        Exponents in [-M, M].
    half_range : float
        M, above 0 and at most 27.
    steps : int
        T, at least 1.

    Returns
    -------
    ndarray of shape [...]
        Squares of e^z's unit: e^(2z) (e^(M - z) - 1)/T.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> float(factory_variance([0.5], half_range=2.0, steps=1)[0].round(3))
    9.464
    """
    caller = "factory_variance"
    array, limit = check_exponents(z, half_range, caller=caller)
    count = check_steps(steps, caller=caller)
    return np.asarray(np.exp(array + limit) * -np.expm1(array - limit) / count)


def taylor_weights(half_range: float, order: int) -> Array:
    """Return e^-M (2M)^j/j! for j = 0 to J."""
    pmf = stats.poisson.pmf(np.arange(order + 1), 2 * half_range)
    return np.asarray(math.exp(half_range) * pmf)


def check_order(order: object, *, caller: str) -> int:
    """Return J as an int from 1 to 128."""
    number = check_integer(order, name="order", caller=caller)
    if number > _MOST_ORDERS:
        raise InputError(
            f"{caller}: `order` must be at most {_MOST_ORDERS}; got {order!r}. "
            "`taylor_order` says what is needed."
        )
    return number
