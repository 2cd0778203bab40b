"""The published spiking attention, taken literally from leaky neurons to values."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from scipy.special import gammaln

from spikedim._core import InputError, Provenance
from spikedim.circuits._certificate import Theorem, certify
from spikedim.circuits._checks import check_generator, check_matrix, check_rates, check_steps
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._rows import entropy_bits, softmax_rows, unmeasured_reason
from spikedim.circuits.attention._attention_checks import check_sizes
from spikedim.circuits.attention._published_attention_wiring import published_attention_wiring
from spikedim.circuits.competition._published_subtractive_wta import (
    check_weight,
    subtractive_counts,
)
from spikedim.circuits.exponential._coincidence_series import Streams, draw_series
from spikedim.circuits.exponential._exp_law import check_order
from spikedim.neurons import LIFParameters, init_state, lif_run

__all__ = ["published_attention"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CALLER = "published_attention"
_CHUNK = 1 << 20  # numbers held at once while steps run
_NO_THEOREM = Theorem(
    "",
    "claimed: Frobenius error eps after O(n^2 d_k^2 / eps^2) steps",
    "Frobenius error of the output",
)


def published_attention(
    x: Any,
    w_q: Any,
    w_k: Any,
    w_v: Any,
    *,
    steps: int,
    leak: float = 0.5,
    threshold: float = 1.0,
    weight: float = 4.0,
    order: int = 12,
    generator: np.random.Generator,
    measure_error: bool | None = None,
) -> CircuitResult:
    r"""Attention from leaky neurons, coincidences and subtractive inhibition, as published.

    .. math::
        S^X_t &\sim \mathrm{Bernoulli}(X), \qquad
        S^{Q,K,V}_t = \mathrm{LIF}(S^X_t W_{Q,K,V}), \qquad
        A = \frac1T \sum_t S^Q_t (S^K_t)^\top, \\
        \hat e_{ij} &= \sum_{k=0}^{J} \frac{\bar C_k}{k!}, \quad E\, C_k = r_{ij}^k, \quad
        r_{ij} = \frac{A_{ij}}{d_k}, \qquad
        \hat Y = \mathrm{WTA}(\hat e)\, \frac1T \sum_t S^V_t

    Parameters
    ----------
    x : array or Tensor of shape [N, D]
        Rates X in [0, 1].
    w_q, w_k : array or Tensor of shape [D, d_k]
        Query and key weights.
    w_v : array or Tensor of shape [D, d_v]
        Value weights.
    steps : int
        T >= 1 steps of each of three stages: neurons, exponential, winner-take-all.
    leak : float, default 0.5
        Leak of the neurons in [0, 1]; reset by subtraction after the leak.
    threshold : float, default 1.0
        Threshold of the neurons, above 0.
    weight : float, default 4.0
        Weight w >= 0 of the inhibition, as in `published_subtractive_wta`.
    order : int, default 12
        Order J of the series, 1 to 128.
    generator : numpy.random.Generator
        Source of the spikes of X and of the exponential.
    measure_error : bool, optional
        Whether to compare with exact attention; by default up to 4,096 x 256 attention entries.

    Returns
    -------
    CircuitResult
        ``value`` [N, d_v] against softmax(X W_Q (X W_K)^T / sqrt(d_k)) X W_V; there is no theorem
        and no bound. A row is ``silent`` if its query neurons, all keys or all values never fired.

    Raises
    ------
    InputError
        If `x` is no matrix of rates, weights do not fit, or a number is out of its range.

    See Also
    --------
    published_exp_series, published_subtractive_wta : Two of its parts on their own.

    Notes
    -----
    Our readings, where the account is silent: one train of X feeds queries, keys and values; the
    rate of a score is the fraction of its d_k coincidences per step, which lies in [0, 1] and
    takes the place of 1/sqrt(d_k); series and winner-take-all follow on the finished scores, with
    drives scaled to a largest of 1 in each row; values are rates of leaky neurons, weighted by
    shares of spikes.

    Three errors do not fall with T. Spikes of a leaky neuron are no linear code and know no
    negative numbers. The series gives e^r with r in [0, 1], not e^z. Inhibition that subtracts
    gives no softmax. Weights that drive a neuron below its threshold silence it for good.

    Time O(T (N D (d_k + d_v) + N^2 d_k)); memory does not grow with T. The wiring lists every pair
    of tokens.

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769.

    Examples
    --------
    >>> x, eye = [[0.8, 0.2], [0.3, 0.7]], np.eye(2)
    >>> rng = np.random.default_rng(0)
    >>> result = published_attention(x, eye, eye, eye, steps=4096, generator=rng)
    >>> result.value.round(1).tolist(), result.target.round(1).tolist()
    ([[0.3, 0.2], [0.2, 0.3]], [[0.6, 0.4], [0.5, 0.5]])
    """
    rates, weights = _checked(x, w_q, w_k, w_v)
    count = check_steps(steps, caller=_CALLER)
    inhibition = check_weight(weight, caller=_CALLER)
    series = np.exp(-gammaln(np.arange(check_order(order, caller=_CALLER) + 1) + 1.0))
    source = check_generator(generator, caller=_CALLER)
    trains = _run_neurons(rates, weights, LIFParameters(leak, threshold), count, source)
    score_rates = trains.coincidences / (count * weights[0].shape[1])
    drives, series_spikes = draw_series(score_rates.ravel(), series, Streams.FRESH, count, source)
    drives = drives.reshape(score_rates.shape)
    wins = subtractive_counts(drives / drives.max(axis=1, keepdims=True), inhibition, count)
    mute = (trains.query.sum(axis=1) == 0) | (trains.key.sum() == 0) | (trains.value.sum() == 0)
    shares = wins / np.maximum(wins.sum(axis=1), 1)[:, None]
    value = np.where(mute[:, None], 0.0, shares @ (trains.value / count))
    target = attn = None
    unmeasured = unmeasured_reason(len(rates) ** 2, measure_error)
    if not unmeasured:
        query, key, values = (rates @ matrix for matrix in weights)
        attn = softmax_rows(query @ key.T / np.sqrt(weights[0].shape[1]))
        target = attn @ values
    wiring = published_attention_wiring(
        weights, tokens=len(rates), series=series, threshold=threshold, inhibition=inhibition
    )
    spikes = (*trains.spike_counts(count), *series_spikes, _count("competitors", wins, count))
    return CircuitResult(
        circuit=_CALLER,
        value=value,
        target=target,
        silent=mute,
        spikes=spikes,
        row_spikes=wins.sum(axis=1),
        row_entropy_bits=None if attn is None else entropy_bits(attn),
        certificate=certify(
            _NO_THEOREM,
            errors=None if target is None else _frobenius(value - target, ~mute),
            bounds=None,
            rms_error=None
            if target is None or mute.all()
            else float(_frobenius(value - target, ~mute)[0]),
            neurons=wiring.neurons,
            synapses=wiring.synapses,
            steps=count,
            spikes=sum(part.spikes for part in spikes),
            silent_rows=int(mute.sum()),
            reason="; ".join(filter(None, [trains.reason(count), unmeasured])),
        ),
        wiring=wiring,
        provenance=Provenance.now(command=f"spikedim.circuits.{_CALLER}"),
    )


@final
@dataclass(frozen=True, eq=False)
class _Trains:
    """Spike counts of the leaky neurons, and of pairs that fired together."""

    inputs: Array
    query: Array
    key: Array
    value: Array
    coincidences: Array
    width: int

    def spike_counts(self, steps: int) -> tuple[SpikeCount, ...]:
        """Return the spikes of each population."""
        named = {"input": self.inputs, "query": self.query, "key": self.key, "value": self.value}
        pairs = self.coincidences.size * self.width
        joint = int(self.coincidences.sum())
        return (
            *(_count(name, counts, steps) for name, counts in named.items()),
            SpikeCount("pairs", pairs, joint, joint / pairs / steps),
        )

    def reason(self, steps: int) -> str:
        """Say why there is no theorem, and how many neurons carry no information."""
        counts = np.concatenate([self.query, self.key, self.value], axis=1)
        return (
            f"no theorem covers it; {(counts == 0).sum()} of {counts.size} query, key and value "
            f"neurons never fired, {(counts == steps).sum()} fired in every step"
        )


def _run_neurons(
    rates: Array,
    weights: tuple[Array, Array, Array],
    neuron: LIFParameters,
    steps: int,
    generator: np.random.Generator,
) -> _Trains:
    """Run T steps of input, query, key and value neurons, some steps at a time."""
    tokens, features = rates.shape
    width = weights[0].shape[1]
    joined = np.concatenate(weights, axis=1)
    state = init_state((tokens, joined.shape[1]), neuron, dtype=torch.float64)
    inputs = np.zeros(rates.shape)
    counts = np.zeros((tokens, joined.shape[1]))
    together = np.zeros((tokens, tokens))
    chunk = max(1, _CHUNK // (tokens * (features + joined.shape[1])))
    for first in range(0, steps, chunk):
        shape = (min(chunk, steps - first), *rates.shape)
        fed = (generator.random(shape) < rates).astype(np.float64)
        fired, state = lif_run(torch.from_numpy(fed @ joined), state, neuron)
        spikes = fired.numpy()
        inputs += fed.sum(axis=0)
        counts += spikes.sum(axis=0)
        query, key = spikes[..., :width], spikes[..., width : 2 * width]
        together += np.tensordot(query, key, axes=((0, 2), (0, 2)))
    query, key, value = np.split(counts, [width, 2 * width], axis=1)
    return _Trains(inputs, query, key, value, together, width)


def _checked(x: Any, w_q: Any, w_k: Any, w_v: Any) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return rates and weights whose shapes fit."""
    rates = check_rates(x, caller=_CALLER, name="x", ndim=2)
    weights = tuple(
        check_matrix(matrix, caller=_CALLER, name=name)
        for name, matrix in (("w_q", w_q), ("w_k", w_k), ("w_v", w_v))
    )
    for name, matrix in zip(("w_q", "w_k", "w_v"), weights, strict=True):
        if len(matrix) != rates.shape[1]:
            raise InputError(
                f"{_CALLER}: `{name}` must have one row for each of the {rates.shape[1]} features "
                f"of `x`; got shape {matrix.shape}."
            )
    query, key, value = weights
    if query.shape != key.shape:
        raise InputError(
            f"{_CALLER}: `w_k` must have the shape of `w_q`, {query.shape}; got {key.shape}."
        )
    check_sizes(caller=_CALLER, w_q=query, w_k=key, w_v=value)
    return rates, (query, key, value)


def _count(population: str, counts: np.ndarray[Any, np.dtype[Any]], steps: int) -> SpikeCount:
    """Return the spikes of a population from those of its neurons."""
    spikes = int(counts.sum())
    return SpikeCount(population, counts.size, spikes, spikes / counts.size / steps)


def _frobenius(gap: Array, spoke: np.ndarray[Any, np.dtype[np.bool_]]) -> Array:
    """Return the Frobenius norm of the rows that spoke, or nothing if none did."""
    return np.array([np.linalg.norm(gap[spoke])] if spoke.any() else [])
