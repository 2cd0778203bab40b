"""The identity behind the log-inhibition softmax: shared inhibition cancels in shares of spikes."""

from typing import Any

import numpy as np

from spikedim._core import FloatArray, InputError
from spikedim.circuits._checks import check_logits, check_matrix
from spikedim.circuits._rows import relative_weights, softmax_rows

__all__ = ["softmax_identity_residual"]


def softmax_identity_residual(logits: Any, counts: Any, inhibition: Any) -> FloatArray:
    r"""Difference of both sides of the identity for shares of spikes under shared inhibition.

    .. math::
        \hat\alpha_i - \alpha_i = \frac{r_i - \alpha_i R}{N},\qquad
        r_i = N_i - e^{z_i} \sum_t e^{-g_t},\quad R = \sum_i r_i,\quad N = \sum_i N_i

    Parameters
    ----------
    logits : array of shape [R, n]
        Drives z; -inf masks an entry.
    counts : array of shape [R, n]
        Spikes of each competitor, however they came about; at least one per row.
    inhibition : array of shape [T, R]
        Potential g of the inhibition at every step, any path.

    Returns
    -------
    FloatArray
        Shape [R]; the largest absolute difference of a row, 0 but for rounding. Rounding grows
        with the ratio of the total drive ``sum_i exp(z_i) sum_t exp(-g_t)`` to N.

    Raises
    ------
    InputError
        If shapes do not fit, a row has no spike or a number is not finite.

    Notes
    -----
    True because ``exp(z_i) sum_t exp(-g_t) = attn_i (N - R)``: the residuals r alone make the
    error, and the inhibition only sets how many spikes there are. Cost O(R (n + T)).

    References
    ----------
    .. [1] Theory index, identity before 3a.

    Examples
    --------
    >>> gap = softmax_identity_residual([[0.0, 1.0]], [[3, 9]], [[1.0], [0.5], [2.0]])
    >>> bool(gap.max() < 1e-15)
    True
    """
    caller = "softmax_identity_residual"
    z = check_logits(logits, caller=caller)
    spikes = check_matrix(counts, caller=caller, name="counts")
    path = check_matrix(inhibition, caller=caller, name="inhibition")
    if z.shape != spikes.shape or path.shape[1] != len(spikes):
        raise InputError(
            f"{caller}: `inhibition` must have shape [T, {len(spikes)}] and `counts` the shape of "
            f"the logits, {z.shape}; got {path.shape} and {spikes.shape}."
        )
    total = spikes.sum(axis=1, keepdims=True)
    if (spikes < 0).any() or (total <= 0).any():
        raise InputError(
            f"{caller}: `counts` must be at least 0 with a spike in every row; got "
            f"{spikes.min():g} at the least and a row sum of {total.min():g}. Drop silent rows."
        )
    strongest = z.max(axis=1)
    with np.errstate(over="ignore"):
        exposure = np.exp(strongest - path).sum(axis=0)
    if not np.isfinite(exposure).all():
        raise InputError(
            f"{caller}: `inhibition` must leave finite drives; got {path.min():g} under logits up "
            f"to {z.max():g}. Keep it near the largest logit or above."
        )
    attn = softmax_rows(z)
    residual = spikes - relative_weights(z) * exposure[:, None]
    predicted = (residual - attn * residual.sum(axis=1, keepdims=True)) / total
    return np.asarray(np.abs(spikes / total - attn - predicted).max(axis=1))
