"""Fewest spikes that make enough different patterns, at whatever rate."""

import math

import numpy as np
from scipy.special import gammaln

from spikedim._core import InputError, check_in, check_integer
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._references import COVER_THOMAS
from spikedim.bounds._spikes_for_bits import MOST_BITS

__all__ = ["minimum_spikes_any_rate"]

_MOST_CELLS = 2**40


def _log2_patterns(cells: int, spikes: int) -> float:
    """Return log2 of the sum of C(cells, k) over k <= spikes, for spikes <= cells / 2."""
    top = gammaln(cells + 1.0) - gammaln(spikes + 1.0) - gammaln(cells - spikes + 1.0)
    # Below the top the terms fall at least like exp(-2 j^2 / cells) and like a geometric series.
    ratio = spikes / (cells - spikes + 1)
    terms = min(spikes, int(min(5 * math.sqrt(cells), 45 / max(1 - ratio, 1e-9)) + 64))
    j = np.arange(terms, dtype=np.float64)
    falling = np.log(spikes - j) - np.log(cells - spikes + 1 + j)
    return float((top + math.log1p(np.exp(np.cumsum(falling)).sum())) / math.log(2))


def _enough(cells: int, spikes: int, bits: float) -> bool:
    """Say whether patterns of at most `spikes` in `cells` carry `bits`."""
    slack = 1e-9 + 1e-14 * cells * math.log2(cells + 1.0)  # rounding must not add a spike
    if 2 * spikes < cells:
        return _log2_patterns(cells, spikes) >= bits - slack
    left_out = cells - spikes - 1
    if left_out < 0:
        return True
    spare = -math.expm1((bits - cells) * math.log(2))  # 1 - 2^(bits - cells)
    return spare > 0 and cells + math.log2(spare) >= _log2_patterns(cells, left_out) - slack


def minimum_spikes_any_rate(
    *, bits: float, neurons: int, steps: int, population: str = "any population"
) -> Bound:
    r"""Fewest spikes that can carry some bits when the firing rate is free.

    .. math:: N = \min\left\{N : \sum_{k \le N} \binom{mT}{k} \ge 2^B\right\}
        \ge \frac{B}{\log_2(e\,mT/N)}

    Parameters
    ----------
    bits : float
        B at least 0, e.g. the value of an information bound.
    neurons, steps : int
        Numbers m and T, each at least 1, with m T at most 2**40.
    population : str, optional
        Whose bits these are, in words; copied into the result.

    Returns
    -------
    Bound
        Whole spikes per sample, from 0 to m T.

    Raises
    ------
    InputError
        If `bits` is negative, a size is not a positive integer or m T is above 2**40.
    AssumptionError
        If `bits` is above m T (assumption 3): no spikes in so few cells carry them.

    See Also
    --------
    spikes_for_bits : When the mean rate is known.

    Notes
    -----
    Assumptions:

    1. The spikes determine a message that carries the bits.
    2. No sample uses more than N spikes: N is a cap, not a mean.
    3. The bits are at most m T.

    Log-binomials in float64 by bisection, O(sqrt(m T) log(m T)). Where rounding leaves a tie
    open the smaller N is returned, so that the bound stays valid.

    References
    ----------
    .. [1] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley,
       2006, theorem 2.6.4 (entropy is at most the logarithm of the number of patterns).

    Examples
    --------
    >>> minimum_spikes_any_rate(bits=227.5, neurons=100, steps=64).value
    25.0
    """
    name = "minimum_spikes_any_rate"
    message = check_in(bits, 0.0, MOST_BITS, name="bits", caller=name)
    m = check_integer(neurons, name="neurons", caller=name)
    duration = check_integer(steps, name="steps", caller=name)
    cells = m * duration
    if cells > _MOST_CELLS:
        raise InputError(
            f"{name}: `neurons` times `steps` must be at most 2**40; got {neurons} x {steps}. "
            "Split the population."
        )
    assumptions = (
        Assumption("the spikes determine a message that carries these bits"),
        Assumption("no sample uses more than N spikes: N is a cap, not a mean"),
        Assumption(
            f"the bits must fit in neurons x steps = {cells} binary cells", message <= cells
        ),
    )
    Bound.require(name, assumptions)
    low, high = -1, cells
    while high - low > 1:
        middle = (low + high) // 2
        if _enough(cells, middle, message):
            high = middle
        else:
            low = middle
    return Bound(
        name=name,
        value=float(high),
        unit="spikes",
        kind=BoundKind.LOWER,
        population=population,
        assumptions=assumptions,
        reference=f"{COVER_THOMAS}, theorem 2.6.4; theory index 6.1",
        note=f"at T = {duration} steps",
    )
