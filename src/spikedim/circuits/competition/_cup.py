"""Softmax by the fullest membrane: deterministic winner-take-all, one spike per step."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from spikedim._core import AbstractProgress, SilentProgress
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_logits, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import rows_result, softmax_rows
from spikedim.circuits._step_progress import counted_steps
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring

__all__ = ["cup"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


def cup(
    logits: Any,
    *,
    steps: int,
    measure_error: bool | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitResult:
    r"""Softmax as the rate at which each membrane is the fullest.

    In every step membrane i grows by its drive :math:`e^{z_i}`; the fullest one fires and pays the
    pooled drive :math:`\sum_j e^{z_j}`. In units of the pooled drive,

    .. math:: u_i = v_i(t-1) + \alpha_i, \qquad s_i(t) = 1[i = \arg\max_j u_j], \qquad
        v_i(t) = u_i - s_i(t), \qquad v_i(0) = 0,

    so the membranes :math:`v_i(T) = T\alpha_i - N_i` are what each entry is still owed.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Log drives z, any unit of 1; -inf masks an entry.
    steps : int
        T >= 1; each step has one winner, so every row spends exactly T spikes.
    measure_error : bool, optional
        Whether to compare with the exact softmax; by default up to 4,096 x 256 entries.
    progress : AbstractProgress
        Told of the steps; by default nobody.

    Returns
    -------
    CircuitResult
        ``value`` [..., n] with rows that sum to 1; no row is ever silent.

    Raises
    ------
    InputError
        If `logits` is empty, holds NaN or +inf or a row of -inf only, or `steps` is no
        integer >= 1.

    Notes
    -----
    With n entries above 0 and harmonic numbers H, at every T,

    .. math:: -\Bigl(1 - \frac1n\Bigr) \le T\alpha_i - N_i \le H_n - 1, \qquad
        \lVert \hat\alpha - \alpha \rVert_2 \le \frac{\sqrt{n - H_n}}{T}.

    Proof. The k fullest membranes hold at most :math:`k (H_n - H_k)` together. For k = n they hold
    0. For k < n, if the winner is still one of the k fullest, they gained at most the 1 that it
    paid. If not, it was fuller than each of them before it paid, so their mean is at most that of
    some k + 1 membranes before it paid, hence at most
    :math:`H_n - H_{k+1} + 1/(k+1) = H_n - H_k`. So the sorted membranes are majorised by
    :math:`d_k = H_n - H_{k-1} - 1`: the extremes are :math:`d_1` and :math:`d_n`, and no sum of
    squares is above :math:`\sum_k d_k^2 = n - H_n`. The proof lets drives change from step to
    step. A common start of all membranes shifts nothing, half a threshold included.

    The classical game [1]_ [2]_ has cups that never go below empty and a bound of order
    log n on the fullest; the schedule of [3]_ keeps all :math:`|T\alpha_i - N_i|` below 1, but
    looks at deadlines. Here measured errors are near :math:`\sqrt{n/12}/T`.

    Needs the pooled sum and an arg-max, which `gli` does without. Ties go to the lowest index:
    there, and only there, a permutation of the logits may permute the result by one spike more.
    Time O(T R n), about 1e-5 s per step of a short row; memory does not grow with T.

    References
    ----------
    .. [1] P. F. Dietz, R. Raman, "Persistence, amortization and randomization", SODA 1991.
    .. [2] M. Adler et al., "A proportionate fair scheduling rule with good worst-case
       performance", SPAA 2003.
    .. [3] R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980.

    Examples
    --------
    >>> result = cup([0.0, 1.0, 2.0], steps=100)
    >>> result.value.tolist()
    [0.09, 0.24, 0.67]
    >>> round(result.certificate.error, 4), round(result.certificate.bound, 4)
    (0.0067, 0.0108)
    """
    array = check_logits(logits, caller="cup")
    count = check_steps(steps, caller="cup")
    rows = array.reshape(-1, array.shape[-1])
    exact = softmax_rows(rows)
    limits = np.sqrt(_largest_square(np.count_nonzero(exact, axis=1))) / count
    return rows_result(
        "cup",
        array,
        _played(exact, counted_steps(count, "cup", progress)),
        theorem=Theorem(
            "cup",
            "||attn_hat - attn||_2 <= sqrt(n - H_n) / T",
            "largest l2 error of a row",
            (Assumption("Every step pays the pooled drive of that step.", True),),
        ),
        order=2,
        bounds=lambda _, __: limits,
        free_bounds=limits,
        rms_law=lambda _: None,
        steps=count,
        wiring=_wiring(rows.shape[1], len(rows)),
        measure_error=measure_error,
    )


def _largest_square(n: Counts) -> Array:
    """Return n - H_n, the largest sum of squares of n membranes."""
    owed = 1 - 1 / np.arange(1, n.max() + 1)
    return np.asarray(np.cumsum(owed)[n - 1])


def _played(rows: Array, steps: Iterable[int]) -> Counts:
    """Return the winners' counts [R, n]."""
    wins = np.zeros(rows.shape, dtype=np.int64)
    membrane = np.zeros(rows.shape)
    at = np.arange(len(rows))
    for _ in steps:
        membrane += rows
        winner = membrane.argmax(axis=1)
        membrane[at, winner] -= 1
        wins[at, winner] += 1
    return wins


def _wiring(n: int, rows: int) -> Wiring:
    """Return drives, their sum, and competitors of whom the fullest fires and pays the sum."""
    one = np.array(1.0)
    return Wiring(
        (
            Population("drives", n, Dynamics.ACCUMULATOR),
            Population("pool", 1, Dynamics.ACCUMULATOR),
            Population(
                "competitors",
                n,
                Dynamics.FIRST_TO_FIRE,
                rule="the fullest fires in every step, at any membrane, and pays the pool",
            ),
        ),
        (
            Projection("drives", "competitors", Pattern.ONE_TO_ONE, one),
            Projection("drives", "pool", Pattern.ALL_TO_ALL, one),
            Projection("pool", "competitors", Pattern.ALL_TO_ALL, np.array(-1.0), Role.GATE),
        ),
        copies=rows,
    )
