"""The closed-form constant of the 1/sqrt(T) law of spiking attention."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import InputError, Result, check_positive
from spikedim.circuits._checks import MOST_STEPS, check_steps
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._encoders import RateCode, code_noise
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = [
    "ErrorConstant",
    "ScoreEffects",
    "error_parts",
    "joint_effect",
    "sampling_part",
    "score_effects",
    "squared_distances",
    "value_effect",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

_BLOCK = 1 << 21  # numbers held at once by the query part
_ROUNDING = 1e-9
_TIED = 1e-12  # of a score: two that are nearer are equal but for rounding
_PHASE_VARIANCE = 1 / 6  # of T times a rate that is coded from a random phase, {xT} uniform
_HALF_VARIANCE = 1 / 12  # likewise from half a threshold
_OWED_VARIANCE = {  # of the spikes that a competitor is owed, uniform
    SoftmaxMode.GLI: 1 / 12,
    SoftmaxMode.CUP: 1 / 12,
    SoftmaxMode.GLI_RANDOM_PHASE: 1 / 6,  # the difference of a first and a last membrane
}


@final
@dataclass(frozen=True)
class ErrorConstant(Result):
    r"""Parts of the first-order law of attention's mean square error.

    .. math:: E \lVert \hat Y - Y \rVert_F^2 \approx \frac{C_F^2}{T} + \frac{K^2}{T^2}, \qquad
        C_F^2 = S_\mathrm{samp} + S_\mathrm{val} + S_\mathrm{score}

    Parameters
    ----------
    sampling : float
        S_samp: spikes of the softmax circuit; 0 for integrate-and-fire and for `cup`, whose error
        is O(1/T).
    value : float
        S_val: spikes of the value encoder; 0 for a code whose error is O(1/T).
    score : float
        S_score: spikes of the query and key encoders; 0 likewise.
    tokens, features : int
        Shape N x Do of the output.
    reference_rms : float
        RMS of the entries of the exact output.
    rounding : float
        K squared: what winners and codes add that draw nothing while they run, if what they owe
        after T steps is uniform within its range. It decides at small T only, unless C_F is 0.

    Notes
    -----
    The three parts are squares in the unit of the output, times steps; `rounding` times steps
    squared. The 1/T term is exact as T grows; K rests on uniform residuals that do not depend on
    each other. Equal sigma-delta codes err together: their effects add before they are squared.

    Examples
    --------
    >>> parts = ErrorConstant(0.248, 0.371, 0.01, tokens=2, features=2, reference_rms=0.53)
    >>> round(parts.total, 3), round(parts.frobenius(steps=252), 3)
    (0.629, 0.05)
    """

    schema: ClassVar[str] = "spikedim.error_constant/1"

    sampling: float
    value: float
    score: float
    tokens: int
    features: int
    reference_rms: float
    rounding: float = 0.0

    @property
    def total(self) -> float:
        """C_F squared."""
        return self.sampling + self.value + self.score

    @property
    def c_f(self) -> float:
        """C_F, the RMS Frobenius error times the root of T."""
        return math.sqrt(self.total)

    def frobenius(self, *, steps: int) -> float:
        """Return the RMS Frobenius error that the law predicts.

        Parameters
        ----------
        steps : int
            T, at least 1.

        Returns
        -------
        float
            sqrt(C_F^2 / T + K^2 / T^2), in the unit of the output.
        """
        count = check_steps(steps, caller="ErrorConstant.frobenius")
        return math.sqrt(self.total / count + self.rounding / count**2)

    def steps(self, frobenius: float) -> int:
        """Return the fewest steps with at most this RMS Frobenius error.

        Parameters
        ----------
        frobenius : float
            Error above 0, in the unit of the output.

        Returns
        -------
        int
            At least 1.

        Raises
        ------
        InputError
            If the error is not above 0, or needs more than 2**40 steps.
        """
        caller = "ErrorConstant.steps"
        error = check_positive(frobenius, name="frobenius", caller=caller)
        if error < self.frobenius(steps=MOST_STEPS) * (1 - _ROUNDING):
            raise InputError(
                f"{caller}: `frobenius` must be reachable in 2**40 steps; got {error:g}. Ask for a "
                "larger one."
            )
        if error >= self.frobenius(steps=1):
            return 1
        target = error**2
        root = math.sqrt(self.total**2 + 4 * target * self.rounding)
        return max(1, math.ceil((self.total + root) / (2 * target) * (1 - _ROUNDING)))


@final
@dataclass(frozen=True, eq=False)
class ScoreEffects:
    """Squared Frobenius change of the output by a unit of each rate, [N, D], through scores."""

    query: Array
    key: Array


def error_parts(
    heads: Heads,
    exact: Exact,
    effects: ScoreEffects,
    rates: Array,
    code: RateCode,
    mode: SoftmaxMode | None,
    *,
    spent: Array | None = None,
) -> ErrorConstant:
    """Return the constant of the staged circuit; `spent` [H, N] is the spikes per step of rows.

    Without a mode it is that of the codes alone.
    """
    noise = code_noise(rates, code)
    by_value = value_effect(heads, exact.rows)
    by_score = effects.query + effects.key
    rounding = 0.0
    between = (rates > 0) & (rates < 1)  # 0 and 1 are coded exactly
    if code is RateCode.RANDOM_PHASE:
        rounding = _PHASE_VARIANCE * float((by_value + by_score)[between].sum())
    if code is RateCode.SIGMA_DELTA:
        rounding = _HALF_VARIANCE * float(joint_effect(heads, exact)[between].sum())
    if mode in _OWED_VARIANCE:
        owed = _OWED_VARIANCE[mode] * _owed_effect(exact, mode)
        rounding += float((owed if spent is None else owed / spent**2).sum())
    return ErrorConstant(
        sampling=sampling_part(exact.rows, exact.value, mode),
        value=float((by_value * noise).sum()),
        score=float((by_score * noise).sum()),
        tokens=exact.output.shape[0],
        features=exact.output.shape[1],
        reference_rms=float(np.sqrt(np.mean(exact.output**2))),
        rounding=rounding,
    )


def sampling_part(rows: Array, values: Array, mode: SoftmaxMode | None) -> float:
    r"""Return :math:`\sum_{hij} w_{hij} \lVert v_{hj} - \bar v_{hi} \rVert^2`.

    A race draws T independent winners: w = A. Escape neurons fire independently of each other at
    rates A, so a row has the variance of independent coins: w = A (1 - A). Its trace, V = 1,
    is theorem 3b.
    """
    match mode:
        case SoftmaxMode.RACE:
            weights = rows
        case SoftmaxMode.GLI_ESCAPE:
            weights = rows * (1 - rows)
        case _:
            return 0.0
    return max(float((weights * squared_distances(rows, values)).sum()), 0.0)


def squared_distances(rows: Array, values: Array) -> Array:
    """Return the squared distance of each value j from the mean of row i, [H, N, N]."""
    near = _centred(values)
    means = rows @ near
    squares = (near**2).sum(axis=-1)[:, None, :] + (means**2).sum(axis=-1)[:, :, None]
    return np.asarray(np.maximum(squares - 2 * means @ near.transpose(0, 2, 1), 0.0))


def _centred(values: Array) -> Array:
    """Return values less their mean: what they share moves no distance, but would round it."""
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def _owed_effect(exact: Exact, mode: SoftmaxMode) -> Array:
    """Return the squared change of a row of the output by one spike owed to each entry, [H, N].

    Integrate-and-fire neurons of equal scores are owed the same: they add before they square.
    """
    away = squared_distances(exact.rows, exact.value)
    effect = np.where(exact.rows > 0, away, 0.0).sum(axis=2)
    if mode is not SoftmaxMode.GLI:
        return np.asarray(effect)
    order = np.sort(exact.scores, axis=2)
    with np.errstate(invalid="ignore"):  # two masked entries
        tied = (np.diff(order) <= _TIED * (1 + np.abs(order[..., 1:]))).any(axis=2)
    values = _centred(exact.value)
    for h, i in np.argwhere(tied):
        scores, row = exact.scores[h, i], exact.rows[h, i]
        rank = np.argsort(scores)
        with np.errstate(invalid="ignore"):
            apart = np.diff(scores[rank]) > _TIED * (1 + np.abs(scores[rank][1:]))
        group = np.concatenate([[0], np.cumsum(apart)])
        sums = np.zeros((group[-1] + 1, values.shape[2]))
        gaps = np.where(row[:, None] > 0, values[h] - row @ values[h], 0.0)
        np.add.at(sums, group, gaps[rank])
        effect[h, i] = (sums**2).sum()
    return np.asarray(effect)


def value_effect(heads: Heads, rows: Array) -> Array:
    """Return the squared Frobenius change of the output by a unit of each value rate, [N, D]."""
    weights = heads.folded_value
    inner = np.einsum("hac,gac->hga", weights, weights, optimize=True)
    shared = np.einsum("hij,gij->hgj", rows, rows, optimize=True)
    effect: Array = np.einsum("hgj,hga->ja", shared, inner, optimize=True)
    return np.maximum(effect, 0.0)


def score_effects(heads: Heads, exact: Exact) -> ScoreEffects:
    """Return what each query and key rate does to the output through the scores."""
    exact = replace(exact, value=_centred(exact.value))
    return ScoreEffects(_query_effect(heads, exact), _key_effect(heads, exact))


def _query_effect(heads: Heads, exact: Exact) -> Array:
    """Return the effect of x_i through the scores of row i, a block of rows at a time."""
    count, n, width = exact.query.shape
    features, out = heads.query.shape[1], exact.output.shape[1]
    effect = np.empty((n, features))
    block = max(1, _BLOCK // (out * max(count * width, features) + count * width * n))
    for first in range(0, n, block):
        moved = _query_jacobian(heads, exact, slice(first, first + block))
        effect[first : first + block] = np.einsum("iao,iao->ia", moved, moved)
    return effect


def _query_jacobian(heads: Heads, exact: Exact, part: slice) -> Array:
    """Return the change of some rows by a unit of their own query rates, [rows, D, Do]."""
    count, _, width = exact.query.shape
    features, out = heads.query.shape[1], exact.output.shape[1]
    weights = heads.scale * heads.query.transpose(1, 0, 2).reshape(features, -1)  # [D, H Dk]
    rows = exact.rows[:, part]
    weighted = rows[:, :, None, :] * exact.key.transpose(0, 2, 1)[:, None]  # [H, rows, Dk, N]
    pulled = weighted @ exact.value[:, None]
    pulled -= weighted.sum(axis=3)[..., None] * (rows @ exact.value)[:, :, None, :]
    return np.asarray(weights @ pulled.transpose(1, 0, 2, 3).reshape(-1, count * width, out))


def _key_effect(heads: Heads, exact: Exact) -> Array:
    """Return the effect of x_j through the scores of column j, a pair of heads at a time."""
    weights = heads.scale * exact.query @ heads.key.transpose(0, 2, 1)  # [H, N, D]: W_K q_i
    means = exact.rows @ exact.value
    effect = np.zeros((exact.query.shape[1], heads.key.shape[1]))
    for h in range(heads.count):
        for g in range(h, heads.count):
            inner = (
                (exact.value[h] * exact.value[g]).sum(axis=1)[None, :]
                - means[g] @ exact.value[h].T
                - means[h] @ exact.value[g].T
                + (means[h] * means[g]).sum(axis=1)[:, None]
            )
            shared = exact.rows[h] * exact.rows[g] * inner  # [i, j]
            effect += (1 if g == h else 2) * shared.T @ (weights[h] * weights[g])
    return np.maximum(effect, 0.0)


def joint_effect(heads: Heads, exact: Exact) -> Array:
    """Return the squared change of the output by a unit of a rate in all three codes, [N, D].

    Sigma-delta codes of equal rates make equal errors, which therefore add before they square:
    the squares of values and keys, their product, and what a token's own query adds to both.
    """
    exact = replace(exact, value=_centred(exact.value))
    effect = value_effect(heads, exact.rows) + _key_effect(heads, exact)
    effect += _value_by_key(heads, exact) + _own_query_effect(heads, exact)
    return np.maximum(effect, 0.0)


def _value_by_key(heads: Heads, exact: Exact) -> Array:
    """Return twice the product of what x_j does as a value and as a key, [N, D]."""
    weights = heads.scale * exact.query @ heads.key.transpose(0, 2, 1)  # [H, N, D]: W_K q_i
    folded, means = heads.folded_value, exact.rows @ exact.value
    product = np.zeros((exact.query.shape[1], heads.key.shape[1]))
    for h in range(heads.count):
        for g in range(heads.count):
            shared = exact.rows[h] * exact.rows[g]  # [i, j]
            product += (shared.T @ weights[g]) * (exact.value[g] @ folded[h].T)
            product -= shared.T @ (weights[g] * (means[g] @ folded[h].T))
    return 2 * product


def _own_query_effect(heads: Heads, exact: Exact) -> Array:
    """Return what the query of a token adds to its effect as value and key, rows at a time."""
    count, n, width = exact.query.shape
    features, out = heads.query.shape[1], exact.output.shape[1]
    weights = heads.scale * exact.query @ heads.key.transpose(0, 2, 1)
    folded, means = heads.folded_value, exact.rows @ exact.value
    own = exact.rows.diagonal(axis1=1, axis2=2)  # [H, N]
    effect = np.empty((n, features))
    block = max(1, _BLOCK // (out * max(count * width, features) + count * width * n))
    for first in range(0, n, block):
        part = slice(first, first + block)
        moved = _query_jacobian(heads, exact, part)
        away = own[:, part, None] * (exact.value[:, part] - means[:, part])
        others = np.einsum("hi,hao->iao", own[:, part], folded)
        others += np.einsum("hia,hio->iao", weights[:, part], away)
        effect[part] = np.einsum("iao,iao->ia", moved, moved + 2 * others)
    return effect
