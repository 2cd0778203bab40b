"""Error laws of the log-inhibition circuit: Theorems 3a, 3a' and 3b."""

import math
from typing import Any

import numpy as np
from scipy.special import lambertw

from spikedim._core import FloatArray, check_choice
from spikedim.circuits._checks import check_logits, check_steps
from spikedim.circuits._rows import softmax_rows
from spikedim.circuits.competition._gli_state import Emission, check_budget

__all__ = [
    "FAILURE_PROBABILITY",
    "attainable_rate",
    "escape_bound",
    "escape_rms",
    "freedman",
    "gli_error_law",
    "integrate_bound",
    "integrate_rms",
    "phase_rms",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

FAILURE_PROBABILITY = 1e-6
"""With which a sound run of escape emission may break its bound, all rows together."""

_PHASE_VARIANCE = 1 / 6  # of v_0 - v_T, both uniform
_LOWEST_CELL = -40  # the grid of predictable sums starts at 2**-40
_CELLS_PER_DOUBLING = 8  # finer costs more in the union than it saves by rounding up


def gli_error_law(
    logits: Any,
    *,
    steps: int,
    emission: Emission | str = Emission.INTEGRATE_AND_FIRE,
    budget: float = 1.0,
) -> FloatArray:
    r"""Predict the root mean square l2 error of every row of `gli`, before any run.

    .. math::
        \text{integrate-and-fire: } \frac{\sqrt{(n - 2 + n \lVert\alpha\rVert^2) / 12}}{\rho T},
        \qquad \text{random phase: } \frac{1}{\rho T}
        \sqrt{\textstyle\sum_i \sigma_i^2 \lVert e_i - \alpha \rVert^2},

    .. math::
        \text{escape: } \sqrt{\tfrac{1}{\rho T} \sum_i \bigl[\alpha_i (1 - \alpha_i)
        - \rho (\alpha_i^2 (1 - \alpha_i)^2
        + \alpha_i^2 (\lVert\alpha\rVert^2 - \alpha_i^2))\bigr]}

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Scores z; -inf masks an entry.
    steps : int
        Time steps T, at least 1.
    emission : Emission or str
        ``"integrate_and_fire"``, ``"random_phase"`` or ``"escape"``.
    budget : float
        Spikes per step of a row, rho in (0, n]; 1 / max softmax takes its place where it is
        smaller, because a row cannot spend more.

    Returns
    -------
    FloatArray
        Shape [...]; the predicted error of each row, n counting unmasked entries.

    Raises
    ------
    InputError
        If an argument is out of range.

    See Also
    --------
    gli : The circuit; its certificate has the law at the counted spikes.

    Notes
    -----
    Escape: exact for long runs (Theorem 3b). Integrate-and-fire: a heuristic, residuals uniform
    and independent; within a factor of 2 for T above some hundreds, less for peaky rows. Random
    phase: a competitor that expects x spikes has the variance ``sigma^2 = x (1 - x)`` if x < 1,
    else 1/6, which makes ``sqrt((n - 2 + n |attn|^2) / 6) / (rho T)`` once all have fired. All are
    for the linear update and ignore the start burst. Cost O(R n).

    References
    ----------
    .. [1] Theory index 3a, 3a', 3b.

    Examples
    --------
    >>> gli_error_law([0.0, 0.0], steps=100, emission="escape").round(3).tolist()
    0.05
    """
    z = check_logits(logits, caller="gli_error_law")
    count = check_steps(steps, caller="gli_error_law")
    chosen = Emission(check_choice(emission, Emission, name="emission", caller="gli_error_law"))
    rho = check_budget(budget, z.shape[-1], caller="gli_error_law")
    attn = softmax_rows(z).reshape(-1, z.shape[-1])
    spikes = count * attainable_rate(attn, rho)
    match chosen:
        case Emission.ESCAPE:
            law = escape_rms(attn, spikes, count)
        case Emission.RANDOM_PHASE:
            law = phase_rms(attn, spikes)
        case Emission.INTEGRATE_AND_FIRE:
            law = integrate_rms(attn, spikes, np.count_nonzero(attn, axis=1))
    return law.reshape(z.shape[:-1])


def attainable_rate(attn: Array, budget: float) -> Array:
    """Return spikes per step of each row [R, n] in the long run: the budget, or what p <= 1 allows.

    All drives together are at most ``sum exp(z - max z) = 1 / max attn``.
    """
    return np.asarray(np.minimum(budget, 1.0 / attn.max(axis=-1)))


def integrate_bound(counts: Counts, competitors: Counts, *, residual: float) -> Array:
    r"""Theorems 3a and 3a': bound the l1 row error of n unmasked competitors and N spikes.

    With residuals of at most `residual` spikes the identity gives

    .. math::
        \sum_i |r_i - \alpha_i R| \le \sum_i \Bigl[(1 - \alpha_i) |r_i|
        + \alpha_i \sum_{j \ne i} |r_j|\Bigr]
        = 2 \sum_j (1 - \alpha_j) |r_j| \le 2 (n - 1) \max_j |r_j|.
    """
    return np.asarray(2.0 * residual * (competitors - 1) / counts.sum(axis=-1))


def integrate_rms(attn: Array, spikes: Array | Counts, competitors: Counts) -> Array:
    r"""Return the l2 row error if all residuals are uniform on [-1/2, 1/2].

    .. math:: \sqrt{(n - 2 + n \lVert\alpha\rVert^2) / 12} \,/\, N
    """
    norm = np.square(attn).sum(axis=-1)
    return np.asarray(np.sqrt((competitors - 2 + competitors * norm).clip(0) / 12) / spikes)


def phase_rms(attn: Array, spikes: Array | Counts) -> Array:
    r"""Return the l2 row error of random phases if these do not move the inhibition.

    A competitor that is driven by x then fires floor(v_0 + x) times, which is x on average with
    variance {x} (1 - {x}): x (1 - x) below one spike, 1/6 on average over the fraction beyond. It
    moves the row along :math:`e_j - \alpha`. For x > 1 of all j it is
    :math:`\sqrt{(n - 2 + n \lVert\alpha\rVert^2) / 6} \,/\, N`.
    """
    expected = attn * spikes[..., None]
    variance = np.where(expected < 1, expected * (1 - expected), _PHASE_VARIANCE)
    return np.asarray(np.sqrt((variance * _away(attn)).sum(axis=-1)) / spikes)


def escape_rms(attn: Array, spikes: Array | Counts, steps: int) -> Array:
    r"""Theorem 3b: the root of the expected squared l2 row error for long runs.

    With drives :math:`p_j = \alpha_j N / T` the variance of spike count j is
    :math:`T p_j (1 - p_j)`, and it moves the row along :math:`e_j - \alpha`:

    .. math:: \frac{T}{N^2} \sum_j p_j (1 - p_j) \lVert e_j - \alpha \rVert^2
    """
    drives = np.minimum(attn * (spikes / steps)[..., None], 1.0)
    variance = drives * (1 - drives)
    return np.asarray(np.sqrt(steps * (variance * _away(attn)).sum(axis=-1)) / spikes)


def _away(attn: Array) -> Array:
    """Return the squared l2 distance of each unit vector from each row, [R, n]."""
    gaps = 1.0 - 2.0 * attn + np.square(attn).sum(axis=-1, keepdims=True)
    return np.asarray(np.maximum(gaps, 0.0))


def escape_bound(
    attn: Array, counts: Counts, drive: Array, *, steps: int, bounds: int, failure: float
) -> Array:
    r"""Bound the l2 error of every row at once with Freedman's inequality.

    ``M_i = N_i - attn_i N`` sums independent centred spikes with weights 1 - attn_i and -attn_j
    of modulus at most 1, so it is a martingale whose predictable variance is at most
    ``x_i = attn_i (1 - attn_i) sum_t sum_j p_j(t)``. The total drive `drive` [R] is known after
    the run, not before: one inequality for each x on the grid 2**-40, 2**(-40 + 1/8), ..., 2**K
    >= steps covers it. `bounds` is the number of pairs of a row and a competitor.
    """
    highest = max(0, math.ceil(math.log2(steps)))
    cells = _CELLS_PER_DOUBLING * (highest - _LOWEST_CELL) + 1
    log_odds = math.log(2.0 * bounds * cells / failure)
    variance = attn * (1.0 - attn) * drive[..., None]
    place = np.log2(np.maximum(variance, 2.0**_LOWEST_CELL)) * _CELLS_PER_DOUBLING
    grid = np.exp2(np.ceil(place) / _CELLS_PER_DOUBLING)
    deviation = np.where(variance > 0, freedman(grid, log_odds), 0.0)
    return np.asarray(np.sqrt(np.square(deviation).sum(axis=-1)) / counts.sum(axis=-1))


def freedman(variance: Array, log_odds: float) -> Array:
    r"""Return the a with :math:`x\,h(a/x) = \ell`, where :math:`h(u) = (1+u)\ln(1+u) - u`.

    A martingale with jumps of at most 1 exceeds a before its predictable variance exceeds x with
    probability at most :math:`e^{-\ell}`.
    """
    ratio = log_odds / variance
    exact = variance * np.expm1(1.0 + lambertw((ratio - 1.0) / math.e).real)
    # Near the branch point of the inverse its weaker form is as good, and has all digits.
    simple = log_odds / 3 + np.sqrt(log_odds**2 / 9 + 2 * log_odds * variance)
    return np.where(ratio < 1e-3, simple, np.minimum(exact, simple))
