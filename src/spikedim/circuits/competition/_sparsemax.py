"""Sparsemax by integral subtractive inhibition: what linear lateral inhibition computes."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from spikedim._core import AbstractProgress, SilentProgress, check_in
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_logits, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import below_max, rows_result
from spikedim.circuits._step_progress import counted_steps
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Wiring

__all__ = ["sparsemax", "sparsemax_rows"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

_LEAST_GAIN = 2.0**-40  # with a smaller one the longest run does not move the inhibition by 1
_GAIN_ADVICE = "Use one between 1 / steps and 1 / n."


def sparsemax(
    logits: Any,
    *,
    steps: int,
    gain: float = 0.02,
    measure_error: bool | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitResult:
    r"""Euclidean projection of logits on the simplex, by inhibition that subtracts.

    Integrate-and-fire neurons of threshold 1 share one inhibition g that integrates their spikes:

    .. math:: v_i \leftarrow v_i + [z_i - g_t]_+ - s_i(t), \qquad
        g_{t+1} = g_t + \eta \Bigl(\sum_j s_j(t) - 1\Bigr), \qquad
        g_1 = \max_j z_j - 1, \quad v_i(0) = \tfrac12.

    The limit is not softmax but sparsemax, :math:`p_i = [z_i - \tau]_+` with
    :math:`\sum_i p_i = 1`: entries more than 1 below the largest get no spike at all.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Drives z in thresholds per step, of any spread; -inf masks an entry.
    steps : int
        T >= 1.
    gain : float, default 0.02
        Gain eta of the inhibition in [2**-40, 1]; below 1/m for the bound to hold, where m entries
        of a row lie less than 1 below its largest.
    measure_error : bool, optional
        Whether to compare with the exact sparsemax; by default up to 4,096 x 256 entries.
    progress : AbstractProgress
        Told of the steps; by default nobody.

    Returns
    -------
    CircuitResult
        ``value`` [..., n], shares of the spikes of a row; no row is ever silent.

    Raises
    ------
    InputError
        If `logits` is empty, holds NaN or +inf or a row of -inf only, `steps` is no integer >= 1,
        or `gain` is not in [2**-40, 1].

    Notes
    -----
    **Assumptions** of the bound: 1. eta m <= 1. With N spikes in a row,

    .. math:: \lVert \hat p - p \rVert_\infty \le
        \frac{(m + 1)/2 + 1/\eta}{T} + \eta m + \Bigl|1 - \frac NT\Bigr|.

    Proof. g moves down by eta at a time and never falls below its start, where the largest logit
    fires in every step. So drives are in [0, 1], membranes in [0, 1), and
    :math:`|N_i - \sum_t [z_i - g_t]_+| \le 1/2`. Put :math:`h(g) = 1 - \sum_i [z_i - g]_+`, which
    rises with slope at most m and is 0 at tau. Then
    :math:`\gamma_t = g_t + \eta(\sum_i v_i(t-1) - m/2)` is within eta m/2 of g and obeys
    :math:`\gamma_{t+1} = \gamma_t - \eta h(g_t)`. If eta m <= 1 it never rises above
    tau + eta m/2, reaches tau - eta m/2 from :math:`g_1 \ge \tau - 1` having collected
    :math:`\sum_t |g_t - \tau| \le 1/\eta + m/2`, and stays in the band, where
    :math:`|g_t - \tau| \le \eta m`.

    So eta = 1/sqrt(m T) proves an error of order sqrt(m/T). Where no logit lies within eta m of
    tau, drives are linear in g and the measured error falls as 1/T at a fixed gain; a logit at tau
    leaves a floor of order eta.
    Time O(T R n), about 1e-5 s per step of a short row; memory does not grow with T.

    References
    ----------
    .. [1] A. F. T. Martins, R. F. Astudillo, "From softmax to sparsemax", ICML 2016, proposition 1.

    Examples
    --------
    >>> result = sparsemax([0.0, 1.0, 1.5], steps=2000)
    >>> result.value.round(2).tolist(), result.target.tolist()
    ([0.0, 0.25, 0.75], [0.0, 0.25, 0.75])
    """
    array = check_logits(logits, caller="sparsemax")
    count = check_steps(steps, caller="sparsemax")
    eta = check_in(gain, _LEAST_GAIN, 1.0, name="gain", caller="sparsemax", advice=_GAIN_ADVICE)
    # Drives are relative to the largest, which keeps their digits whatever the offset.
    rows = below_max(array.reshape(-1, array.shape[-1]))
    near = (rows > -1).sum(axis=1)
    proved = bool(eta * near.max() <= 1)
    wins = _played(rows, counted_steps(count, "sparsemax", progress), eta)
    limits = _bound(wins, near, eta, count) if proved else None
    return rows_result(
        "sparsemax",
        array,
        wins,
        theorem=Theorem(
            "sparsemax",
            "||p_hat - p||_inf <= ((m + 1) / 2 + 1 / eta) / T + eta m + |1 - N / T|",
            "largest error of an entry",
            (Assumption("The gain times the number of logits near the largest is <= 1.", proved),),
        ),
        order=np.inf,
        bounds=None if limits is None else lambda _, __: limits,
        free_bounds=limits,
        rms_law=lambda _: None,
        steps=count,
        wiring=_wiring(rows.shape[1], len(rows), eta),
        measure_error=measure_error,
        exact=sparsemax_rows,
        reason=""
        if proved
        else f"`gain` {eta:g} x {near.max()} near logits is above 1, where nothing is proved",
    )


def sparsemax_rows(logits: Array) -> Array:
    """Return the exact sparsemax over the last axis; minus infinity gives exactly 0."""
    rows = below_max(logits)
    falling = np.sort(np.maximum(rows, -2.0), axis=-1)[..., ::-1]  # nothing below -1 has a share
    excess = np.cumsum(falling, axis=-1) - 1
    k = np.arange(1, rows.shape[-1] + 1)
    supported = (k * falling > excess).sum(axis=-1, keepdims=True)
    tau = np.take_along_axis(excess, supported - 1, axis=-1) / supported
    return np.asarray(np.maximum(rows - tau, 0.0))


def _bound(counts: Counts, near: Counts, gain: float, steps: int) -> Array:
    """Return the bound on the largest entry error of each row."""
    start = ((near + 1) / 2 + 1 / gain) / steps
    return np.asarray(start + gain * near + np.abs(1 - counts.sum(axis=1) / steps))


def _played(rows: Array, steps: Iterable[int], gain: float) -> Counts:
    """Return spike counts [R, n] for logits whose largest is 0 in every row."""
    wins = np.zeros(rows.shape, dtype=np.int64)
    membrane = np.full(rows.shape, 0.5)
    # g_t - g_1 in units of the gain is a whole number: what was fired beyond one spike per step.
    excess = np.zeros((len(rows), 1), dtype=np.int64)
    for _ in steps:
        membrane += np.maximum(rows - (gain * excess - 1), 0.0)
        fired = membrane >= 1
        membrane -= fired
        wins += fired
        excess += fired.sum(axis=1, keepdims=True) - 1
    return wins


def _wiring(n: int, rows: int, gain: float) -> Wiring:
    """Return drives, their maximum, competitors and the integrator of their spikes."""
    one = np.array(1.0)
    return Wiring(
        (
            Population("drives", n, Dynamics.ACCUMULATOR),
            Population(
                "competitors",
                n,
                Dynamics.INTEGRATE_AND_FIRE,
                initial=0.5,
                rule="input below 0 counts as 0",
            ),
            Population(
                "inhibition",
                1,
                Dynamics.INTEGRATOR,
                initial=-1.0,
                rule=f"h += {gain!r} (spikes - 1), beside the strongest drive",
            ),
            Population("strongest drive", 1, Dynamics.MAXIMUM),
        ),
        (
            Projection("drives", "competitors", Pattern.ONE_TO_ONE, one),
            Projection("drives", "strongest drive", Pattern.ALL_TO_ALL, one),
            Projection("strongest drive", "competitors", Pattern.ALL_TO_ALL, np.array(-1.0)),
            Projection(
                "competitors", "inhibition", Pattern.ALL_TO_ALL, np.array(gain), delay_steps=1
            ),
            Projection("inhibition", "competitors", Pattern.ALL_TO_ALL, np.array(-1.0)),
        ),
        copies=rows,
    )
