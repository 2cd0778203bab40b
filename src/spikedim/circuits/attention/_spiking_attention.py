"""Softmax attention of one head, compiled from its weights to spikes."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim.circuits.attention._abstract_attention import AbstractSpikingAttention
from spikedim.circuits.attention._attention_checks import (
    check_bias,
    check_heads,
    check_range,
    check_settings,
    check_weights,
)
from spikedim.circuits.attention._attention_heads import Heads, fold
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = ["SpikingAttention"]


@final
@dataclass(frozen=True, eq=False)
class SpikingAttention(AbstractSpikingAttention):
    r"""One head of softmax attention in spikes; make one with `compile`.

    .. math:: Y = \operatorname{softmax}\Bigl(\frac{Q K^\top}{\sqrt{d_k}}\Bigr) V, \qquad
        Q = X W_Q + b_Q,\ K = X W_K + b_K,\ V = X W_V + b_V

    Three independent encoders turn X into spikes; weights act on spikes; accumulated scores drive
    one softmax circuit per token; a winner's spike adds the value that its token accumulated.

    Parameters
    ----------
    heads : Heads
        Weights folded for rates in [0, 1].
    low, high : FloatArray
        Shape [D]; range of each input channel.
    mode : SoftmaxMode
        Softmax circuit of each row.
    encoder : RateCode
        Code of the input.

    See Also
    --------
    MultiHeadSpikingAttention : Several heads and output weights.
    SpikingAttentionStack : Layers one after the other.

    Notes
    -----
    **Law.** With A the exact rows, v_j the values, D = x (1 - x) in rates and G_i the Jacobian of
    row i of the output by its scores, to first order

    .. math:: T\, E \lVert \hat Y - Y \rVert_F^2 \to
        \underbrace{\sum_{ij} w_{ij} \lVert v_j - Y_i \rVert^2}_{S_\mathrm{samp}}
        + \underbrace{\sum_{ija} A_{ij}^2 D_{ja} \lVert W_V[a] \rVert^2}_{S_\mathrm{val}}
        + S_\mathrm{score}

    with w = A for a race, A (1 - A) for escape spikes and 0 for winners of `gli` from any phase
    and of `cup`; a code whose error is O(1/T) has no S_val and S_score. Channels of range
    [low, high] enter with (high - low)^2, through the folded weights. What draws nothing while it
    runs adds K^2 / T^2, with variances 1/12 of what a competitor is owed and of what a
    sigma-delta code is off, 1/6 of either from a random phase: without S it errs by K / T.

    **Bound** of a run, except with probability 1e-6: the value encoder adds at most its RMS and a
    McDiarmid term; score errors add their linear part (McDiarmid) and half a third central
    moment (Hoeffding or Bernstein for each score, a union bound), or the diameter of the values
    times tanh of half the largest score error, if that is less; the circuit adds what its
    theorem allows. It needs no limit and no fitted number, and is 10 to 30 times the RMS error.

    **Online.** A spike of step s acts through running means with weight 1/t at all t >= s.
    Averaged over t the encoder parts double, exactly times 2 - H_T / T; the sampling part stays.
    With deterministic codes the error grows from O(1/T) to O(ln T / T). It halves the latency.

    Memory O(N (D + N)); time O(N D Dk + N^2 Dk) and that of the softmax circuit, both whatever T
    for ``"race"``. Online time is O(T).

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1.
    .. [2] C. McDiarmid, "On the method of bounded differences", Surveys in Combinatorics 1989,
       lemma 1.2.
    .. [3] I. Pinelis, "Optimum bounds for the distributions of martingales in Banach spaces",
       Annals of Probability 22, 1994, theorem 3.3.
    .. [4] Theory index 4.2.

    Examples
    --------
    >>> x = np.array([[0.8, 0.2], [0.3, 0.7]])
    >>> layer = SpikingAttention.compile(np.eye(2), np.eye(2), np.eye(2), mode="race")
    >>> layer.exact(x).round(4).tolist()
    [[0.5764, 0.4236], [0.5324, 0.4676]]
    >>> round(layer.error_constant(x).total, 4)
    0.6292
    >>> result = layer.run(x, steps=256, generator=np.random.default_rng(0))
    >>> result.certificate.holds, result.row_spikes.tolist()
    (True, [256, 256])
    """

    @classmethod
    def compile(
        cls,
        w_q: Any,
        w_k: Any,
        w_v: Any,
        *,
        low: Any = 0.0,
        high: Any = 1.0,
        mode: SoftmaxMode | str = SoftmaxMode.GLI,
        encoder: RateCode | str = RateCode.BERNOULLI,
        b_q: Any | None = None,
        b_k: Any | None = None,
        b_v: Any | None = None,
    ) -> "SpikingAttention":
        """Compile weights; nothing is trained or fitted.

        Parameters
        ----------
        w_q, w_k : array or Tensor of shape [D, Dk]
            Query and key weights; scores are divided by sqrt(Dk).
        w_v : array or Tensor of shape [D, Dv]
            Value weights.
        low, high : float or array of shape [D]
            Range of each input channel; [0, 1] needs no map.
        mode : SoftmaxMode or str
            Softmax circuit, ``"gli"`` by default.
        encoder : RateCode or str
            ``"bernoulli"`` (default), ``"sigma_delta"`` or ``"random_phase"``.
        b_q, b_k, b_v : array or Tensor, optional
            Biases, of shape [Dk], [Dk] and [Dv]: constant currents, without noise.

        Returns
        -------
        SpikingAttention
            The compiled layer.

        Raises
        ------
        InputError
            If a shape, a number, a range or a choice is wrong, or queries, keys or values may
            pass 1e60.
        """
        caller = "SpikingAttention.compile"
        query, key, value = check_weights(w_q, w_k, w_v, caller=caller)
        lows, highs = check_range(low, high, len(query), caller=caller)
        circuit, code = check_settings(mode, encoder, caller=caller)
        width, out = query.shape[1], value.shape[1]
        of_query = check_bias(b_q, width, caller=caller, name="b_q")
        of_key = check_bias(b_k, width, caller=caller, name="b_k")
        of_value = check_bias(b_v, out, caller=caller, name="b_v")
        query, of_query = fold(query, of_query, lows, highs)
        key, of_key = fold(key, of_key, lows, highs)
        value, of_value = fold(value, of_value, lows, highs)
        heads = Heads(
            query=query[None],
            key=key[None],
            value=value[None],
            output=np.eye(out)[None],
            query_bias=of_query[None],
            key_bias=of_key[None],
            value_bias=of_value[None],
            output_bias=np.zeros(out),
        )
        return cls(check_heads(heads, caller=caller), lows, highs, circuit, code)

    def _joined(self) -> bool:
        return False
