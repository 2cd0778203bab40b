"""Softmax by first spike: exact samples of the softmax distribution."""

import math
from typing import Any

import numpy as np

from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_generator, check_logits, check_noise, check_steps
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._rows import below_max, rows_result, softmax_rows
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring

__all__ = ["race"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

_FAILURE = 1e-6  # of all rows together
_CHUNK = 1 << 20  # uniforms turned into hit times at once


def race(
    logits: Any,
    *,
    steps: int,
    generator: np.random.Generator | None = None,
    noise: Any | None = None,
    measure_error: bool | None = None,
) -> CircuitResult:
    r"""Softmax as the rate at which each neuron is the first to fire.

    In every step membranes rise from 0 with slopes :math:`e^{z_i}` to thresholds
    :math:`E_i \sim \mathrm{Exp}(1)`; the first to arrive fires and one interneuron resets all.
    Hit times are :math:`E_i e^{-z_i}`, so neuron i wins with probability :math:`\alpha_i` exactly:

    .. math:: \hat\alpha = \frac{1}{T} \mathrm{Multinomial}(T, \alpha), \qquad
        E \hat\alpha = \alpha, \qquad
        E \lVert \hat\alpha - \alpha \rVert_2^2 = \frac{1 - \lVert \alpha \rVert_2^2}{T}.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Log drives z, any unit of 1; -inf masks an entry.
    steps : int
        T >= 1 races; each has one winner, so every row spends exactly T spikes.
    generator : numpy.random.Generator, optional
        Source of randomness; needed without `noise`.
    noise : array or Tensor of shape [T, R, n], optional
        Uniform numbers U in [0, 1) to play every race out, with thresholds -ln(1 - U); R counts
        the rows. Permuting noise with the logits permutes the result exactly.
    measure_error : bool, optional
        Whether to compare with the exact softmax; by default up to 4,096 x 256 entries.

    Returns
    -------
    CircuitResult
        ``value`` [..., n] with rows that sum to 1; no row is ever silent.

    Raises
    ------
    InputError
        If `logits` is empty, holds NaN or +inf or a row of -inf only, `steps` is no integer >= 1,
        `noise` has another shape or leaves [0, 1), or neither `noise` nor `generator` is given.

    Notes
    -----
    **Assumptions** of the bound: 1. the thresholds of different steps are independent.

    With probability at least 1 - 1e-6 every one of R rows keeps

    .. math:: \lVert \hat\alpha - \alpha \rVert_2 \le \min\Bigl(\sqrt 2,\
        \sqrt{\tfrac{1 - \lVert \alpha \rVert_2^2}{T}} + \sqrt{\tfrac{\ln(10^6 R)}{T}}\Bigr).

    The first root bounds the mean error (Jensen). Another winner in one step moves the error by at
    most sqrt(2)/T, so McDiarmid's inequality gives ``P(error >= mean + t) <= exp(-T t^2)``.

    One step is one race, however long it lasts. Counts alone are drawn from their distribution
    in O(R n) time and memory, whatever T; with noise the time is O(T R n), and memory beyond the
    noise does not grow with T. Ties have probability 0 and go to the lowest index.

    References
    ----------
    .. [1] C. J. Maddison, D. Tarlow, T. Minka, "A* sampling", NeurIPS 2014, section 2.
    .. [2] C. McDiarmid, "On the method of bounded differences", Surveys in Combinatorics 1989,
       lemma 1.2.

    Examples
    --------
    >>> result = race([0.0, 1.0, 2.0], steps=1000, generator=np.random.default_rng(0))
    >>> result.value.round(2).tolist()
    [0.08, 0.25, 0.67]
    >>> int(result.row_spikes), result.certificate.holds
    (1000, True)
    """
    array = check_logits(logits, caller="race")
    count = check_steps(steps, caller="race")
    rows = array.reshape(-1, array.shape[-1])
    uniforms = check_noise(noise, (count, *rows.shape), needed=noise is not None, caller="race")
    if generator is not None:
        check_generator(generator, caller="race")
    if uniforms is None:
        wins = _drawn(rows, count, check_generator(generator, caller="race"))
    else:
        wins = _played(rows, uniforms)
    resets = SpikeCount("reset", len(rows), len(rows) * count, 1.0)
    limits = _bound(softmax_rows(rows), count)
    return rows_result(
        "race",
        array,
        wins,
        theorem=Theorem(
            "race",
            "||attn_hat - attn||_2 <= min(sqrt(2), sqrt((1 - |attn|^2) / T) + sqrt(ln(1e6 R) / T))",
            "largest l2 error of a row",
            (
                Assumption(
                    "The thresholds of different steps are independent.",
                    True if uniforms is None else None,
                ),
            ),
            _FAILURE,
        ),
        order=2,
        bounds=lambda _, __: limits,
        free_bounds=limits,
        rms_law=lambda exact: math.sqrt(_variance(exact).mean() / count),
        steps=count,
        wiring=_wiring(rows.shape[1], len(rows)),
        other_spikes=(resets,),
        measure_error=measure_error,
    )


def _variance(rows: Array) -> Array:
    """Return T times the mean square l2 error of each row."""
    return np.asarray(np.maximum(1 - (rows**2).sum(axis=1), 0.0))


def _bound(rows: Array, steps: int) -> Array:
    """Return the bound on the l2 error of each row of the exact softmax [R, n]."""
    deviation = math.sqrt(math.log(len(rows) / _FAILURE) / steps)
    return np.asarray(np.minimum(math.sqrt(2), np.sqrt(_variance(rows) / steps) + deviation))


def _drawn(logits: Array, steps: int, generator: np.random.Generator) -> Counts:
    """Return the winners' counts [R, n], drawn from the multinomial distribution."""
    rows = softmax_rows(logits)
    # What rounding leaves over goes to the last column: let that be the likeliest, never a mask.
    last = np.argmax(rows, axis=1)
    _swap(rows, last)
    wins = generator.multinomial(steps, rows)
    _swap(wins, last)
    return wins


def _swap(rows: np.ndarray[Any, np.dtype[Any]], column: Counts) -> None:
    """Exchange one column of each row with the last one, in place."""
    at = np.arange(len(rows))
    rows[at, column], rows[:, -1] = rows[:, -1].copy(), rows[at, column].copy()


def _played(logits: Array, uniforms: Array) -> Counts:
    """Return the winners' counts [R, n] of races played out in the log domain."""
    wins = np.zeros(logits.shape, dtype=np.int64)
    drives = below_max(logits)  # a large offset would swallow the digits of the hit times
    masked = np.isneginf(drives)
    drives = np.where(masked, 0.0, drives)
    at = np.arange(len(logits))
    chunk = max(1, _CHUNK // logits.size)
    for first in range(0, len(uniforms), chunk):
        with np.errstate(divide="ignore"):  # U = 0 arrives at once
            hits = np.log(-np.log1p(-uniforms[first : first + chunk]))
        hits = np.where(masked, np.inf, hits - drives)
        np.add.at(wins, (at, hits.argmin(axis=2)), 1)
    return wins


def _wiring(n: int, rows: int) -> Wiring:
    """Return drives, competitors and the interneuron that a winner makes reset all of them."""
    one = np.array(1.0)
    return Wiring(
        (
            Population("drives", n, Dynamics.ACCUMULATOR),
            Population(
                "competitors",
                n,
                Dynamics.FIRST_TO_FIRE,
                rule="rise with slope exp(z) to a threshold drawn from Exp(1) in every step",
            ),
            Population("reset", 1, Dynamics.INTEGRATE_AND_FIRE),
        ),
        (
            Projection("drives", "competitors", Pattern.ONE_TO_ONE, one),
            Projection("competitors", "reset", Pattern.ALL_TO_ALL, one),
            # The reset is over when the next race starts.
            Projection("reset", "competitors", Pattern.ALL_TO_ALL, one, Role.RESET, delay_steps=1),
        ),
        copies=rows,
    )
