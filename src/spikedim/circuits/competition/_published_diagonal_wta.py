"""The lateral weights of the account's rebuttal: each neuron inhibits itself only."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import numpy as np

from spikedim._core import AbstractProgress, SilentProgress, check_choice
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_logits, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import relative_weights, rows_result
from spikedim.circuits._step_progress import counted_steps
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Wiring
from spikedim.circuits.competition._published_subtractive_wta import check_weight

__all__ = ["Readout", "published_diagonal_wta"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


class Readout(StrEnum):
    """What the spike counts of a row are divided by."""

    RATES = "rates"  # the steps: what the neurons say
    SHARES = "shares"  # the spikes of the row: a division that no neuron of the circuit does


def published_diagonal_wta(
    logits: Any,
    *,
    alpha: float = 1.0,
    steps: int,
    readout: Readout | str = Readout.RATES,
    measure_error: bool | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitResult:
    r"""Winner-take-all with lateral weights :math:`w_{ij} = -\alpha \delta_{ij}`.

    With drives :math:`e_i = e^{z_i - \max z}` and threshold 1,

    .. math:: u_i(t) = u_i(t-1) + e_i + \sum_j w_{ij} s_j(t-1) - s_i(t-1), \qquad u_i(0) = 0.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Logits z; -inf masks an entry.
    alpha : float, default 1.0
        Strength alpha >= 0 of the inhibition, which the rebuttal does not state.
    steps : int
        T >= 1.
    readout : Readout or str
        ``"rates"`` (default): spikes per step. ``"shares"``: spikes over those of the row.
    measure_error : bool, optional
        Whether to compare with the exact softmax; by default up to 4,096 x 256 entries.
    progress : AbstractProgress
        Told of the steps; by default nobody.

    Returns
    -------
    CircuitResult
        ``value`` [..., n]. There is no theorem and no bound.

    Raises
    ------
    InputError
        If `logits` is empty, holds NaN or +inf or a row of -inf only, `steps` is no integer >= 1,
        `alpha` is not a finite number >= 0, or `readout` is unknown.

    See Also
    --------
    published_subtractive_wta : The account's own global inhibition.

    Notes
    -----
    Our reading: the weight is that of a synapse from each neuron to itself, beside its soft reset.
    No neuron then hears another: it is n separate encoders, with
    ``|N_i - T e_i / (1 + alpha)| <= 1``. Nobody wins and nothing is normalised: the rates of a
    row sum to ``sum(e) / (1 + alpha)``, and are the softmax only if alpha was set to
    ``sum(e) - 1`` for this very row. Shares do tend to the softmax, as 1/T, for any alpha, 0
    included: there the read-out divides, not the inhibition.
    Time O(T R n), about 1e-5 s per step of a short row; memory does not grow with T.

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, rebuttal.

    Examples
    --------
    >>> result = published_diagonal_wta([0.0, 1.0, 2.0], steps=10_000)
    >>> result.value.round(2).tolist(), result.target.round(2).tolist()
    ([0.07, 0.18, 0.5], [0.09, 0.24, 0.67])
    """
    caller = "published_diagonal_wta"
    array = check_logits(logits, caller=caller)
    inhibition = check_weight(alpha, caller=caller, name="alpha")
    count = check_steps(steps, caller=caller)
    chosen = Readout(check_choice(readout, Readout, name="readout", caller=caller))
    rows = array.reshape(-1, array.shape[-1])
    shares = chosen is Readout.SHARES
    return rows_result(
        caller,
        array,
        _counts(relative_weights(rows), inhibition, counted_steps(count, caller, progress)),
        theorem=Theorem(
            "", "claimed: inhibition makes a softmax of the rates", "largest l2 error of a row"
        ),
        order=2,
        bounds=None,
        rms_law=lambda _: None,
        steps=count,
        wiring=_wiring(rows.shape[1], len(rows), inhibition),
        measure_error=measure_error,
        divisors=None if shares else np.full(len(rows), count),
        reason="no neuron inhibits another; shares are softmax by the division of the read-out"
        if shares
        else "no neuron inhibits another: rates tend to e / (1 + alpha), which is not normalised",
    )


def _counts(drives: Array, alpha: float, steps: Iterable[int]) -> Counts:
    """Return the spike counts [R, n]."""
    counts = np.zeros(drives.shape, dtype=np.int64)
    membrane = np.zeros(drives.shape)
    fired = np.zeros(drives.shape, dtype=bool)
    for _ in steps:
        membrane += drives - (1 + alpha) * fired
        fired = membrane >= 1
        counts += fired
    return counts


def _wiring(n: int, rows: int, alpha: float) -> Wiring:
    """Return drives, n competitors, each with a synapse onto itself."""
    return Wiring(
        (
            Population("drives", n, Dynamics.ACCUMULATOR),
            Population("competitors", n, Dynamics.INTEGRATE_AND_FIRE),
        ),
        (
            Projection("drives", "competitors", Pattern.ONE_TO_ONE, np.array(1.0)),
            Projection(
                "competitors", "competitors", Pattern.ONE_TO_ONE, np.array(-alpha), delay_steps=1
            ),
        ),
        copies=rows,
    )
