"""The published lateral inhibition, taken literally: inhibition that subtracts from the drive."""

from typing import Any

import numpy as np

from spikedim._core import AbstractProgress, InputError, SilentProgress, check_number
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_logits, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import relative_weights, rows_result
from spikedim.circuits._step_progress import counted_steps
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Wiring

__all__ = [
    "check_weight",
    "published_subtractive_rates",
    "published_subtractive_wta",
    "subtractive_counts",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


def published_subtractive_wta(
    logits: Any,
    *,
    weight: float = 4.0,
    steps: int,
    measure_error: bool | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitResult:
    r"""Winner-take-all with global subtractive feedback, which the account calls a softmax.

    With drives :math:`e_i = e^{z_i - \max z}` and threshold 1,

    .. math:: u_i(t) = u_i(t-1) + e_i - w I_\mathrm{inh}(t) - s_i(t-1), \qquad
        I_\mathrm{inh}(t) = \frac1n \sum_j s_j(t-1), \qquad u_i(0) = 0.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Logits z; -inf masks an entry.
    weight : float, default 4.0
        Weight w >= 0 of the inhibition, which the account does not state.
    steps : int
        T >= 1.
    measure_error : bool, optional
        Whether to compare with the exact softmax; by default up to 4,096 x 256 entries.
    progress : AbstractProgress
        Told of the steps; by default nobody.

    Returns
    -------
    CircuitResult
        ``value`` [..., n], shares of the spikes of a row. There is no theorem and no bound.

    Raises
    ------
    InputError
        If `logits` is empty, holds NaN or +inf or a row of -inf only, `steps` is no integer >= 1,
        or `weight` is not a finite number >= 0.

    See Also
    --------
    published_subtractive_rates : The rates it tends to.
    gli : Inhibition in the exponent, which does give the softmax.
    sparsemax : What subtraction gives if the inhibition integrates.

    Notes
    -----
    Our reading: neurons without leak, drives normalised to at most 1. The claimed error is
    O(1/sqrt(T)). In fact rates tend to ``clip(e_i - w mean(r), 0, 1)``, an affine map with a
    threshold; only w = 0 leaves drives, and then no neuron inhibits any other and the division by
    the spikes of the row is that of the read-out. Time O(T R n), about 1e-5 s per
    step of a short row; memory does not grow with T.

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769.

    Examples
    --------
    >>> result = published_subtractive_wta([0.0, 1.0, 2.0], steps=10_000)
    >>> result.value.round(2).tolist(), result.target.round(2).tolist()
    ([0.0, 0.0, 1.0], [0.09, 0.24, 0.67])
    """
    caller = "published_subtractive_wta"
    array = check_logits(logits, caller=caller)
    inhibition = check_weight(weight, caller=caller)
    count = check_steps(steps, caller=caller)
    rows = array.reshape(-1, array.shape[-1])
    return rows_result(
        caller,
        array,
        subtractive_counts(relative_weights(rows), inhibition, count, progress=progress),
        theorem=Theorem(
            "",
            "claimed: ||attn_hat - attn|| = O(1 / sqrt(T))",
            "largest l2 error of a row",
        ),
        order=2,
        bounds=None,
        rms_law=lambda _: None,
        steps=count,
        wiring=_wiring(rows.shape[1], len(rows), inhibition),
        measure_error=measure_error,
        reason="the claimed O(1/sqrt(T)) is no theorem: rates tend to clip(e - w mean(r), 0, 1), "
        "not to the softmax, so the error does not fall with T",
    )


def published_subtractive_rates(logits: Any, *, weight: float = 4.0) -> Array:
    r"""Rates to which the published subtractive inhibition tends.

    The solution of :math:`r_i = \mathrm{clip}(e_i - w \bar r, 0, 1)`,
    :math:`e_i = e^{z_i - \max z}`.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Logits z; -inf masks an entry.
    weight : float, default 4.0
        Weight w >= 0 of the inhibition.

    Returns
    -------
    ndarray of shape [..., n]
        Spikes per step, in [0, 1]; not normalised.

    Raises
    ------
    InputError
        If `logits` is empty, holds NaN or +inf or a row of -inf only, or `weight` is not a finite
        number >= 0.

    See Also
    --------
    published_subtractive_wta : The circuit.

    Notes
    -----
    The mean of the right side falls as r rises, so there is one solution. If the k strongest
    drives, of sum S, are those above the inhibition, then ``mean(r) = S / (n + k w)``.
    Cost O(R n log n).

    Examples
    --------
    >>> published_subtractive_rates([0.0, 0.0], weight=1.0).tolist()
    [0.5, 0.5]
    """
    caller = "published_subtractive_rates"
    array = check_logits(logits, caller=caller)
    inhibition = check_weight(weight, caller=caller)
    drives = relative_weights(array)
    n = array.shape[-1]
    # n + k w, over w where w is large: no weight overflows or swallows the drives.
    own, other = (n, inhibition) if inhibition <= 1 else (n / inhibition, 1.0)
    falling = np.sort(drives, axis=-1)[..., ::-1]
    sums = np.cumsum(falling, axis=-1)
    above = own * falling + other * (falling * np.arange(1, n + 1) - sums) > 0
    k = np.maximum(above.sum(axis=-1, keepdims=True), 1)
    rest = k * drives - np.take_along_axis(sums, k - 1, axis=-1)
    return np.asarray(np.maximum((own * drives + other * rest) / (own + other * k), 0.0))


def subtractive_counts(
    drives: Array,
    weight: float,
    steps: int,
    *,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> Counts:
    """Return the spike counts [R, n] of the literal circuit for drives [R, n]."""
    counts = np.zeros(drives.shape, dtype=np.int64)
    membrane = np.zeros(drives.shape)
    fired = np.zeros(drives.shape, dtype=bool)
    for _ in counted_steps(steps, "published_subtractive_wta", progress):
        membrane += drives - weight * fired.mean(axis=1, keepdims=True) - fired
        fired = membrane >= 1
        counts += fired
    return counts


def check_weight(weight: object, *, caller: str, name: str = "weight") -> float:
    """Return an inhibitory weight of at least 0."""
    number = check_number(weight, name=name, caller=caller)
    if number < 0:
        raise InputError(f"{caller}: `{name}` must be at least 0, inhibition; got {weight!r}.")
    return number


def _wiring(n: int, rows: int, weight: float) -> Wiring:
    """Return drives, n competitors and the neuron that averages their spikes."""
    return Wiring(
        (
            Population("drives", n, Dynamics.ACCUMULATOR),
            Population("competitors", n, Dynamics.INTEGRATE_AND_FIRE),
            Population("inhibition", 1, Dynamics.ACCUMULATOR),
        ),
        (
            Projection("drives", "competitors", Pattern.ONE_TO_ONE, np.array(1.0)),
            Projection(
                "competitors", "inhibition", Pattern.ALL_TO_ALL, np.array(1 / n), delay_steps=1
            ),
            Projection("inhibition", "competitors", Pattern.ALL_TO_ALL, np.array(-weight)),
        ),
        copies=rows,
    )
