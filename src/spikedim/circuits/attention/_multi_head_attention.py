"""Softmax attention of several heads that share their encoders, with output weights."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import InputError, check_integer
from spikedim.circuits._checks import check_matrix
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

__all__ = ["MultiHeadSpikingAttention"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
@dataclass(frozen=True, eq=False)
class MultiHeadSpikingAttention(AbstractSpikingAttention):
    r"""Several heads of softmax attention in spikes; make one with `compile`.

    .. math:: Y = [Y^1 \dots Y^H] W_O + b_O, \qquad Y^h \text{ as in `SpikingAttention`}

    Parameters
    ----------
    heads : Heads
        Weights folded for rates in [0, 1].
    low, high : FloatArray
        Shape [D]; range of each input channel.
    mode : SoftmaxMode
        Softmax circuit of each row of each head.
    encoder : RateCode
        Code of the input.
    joined : bool
        Whether there are output weights.

    See Also
    --------
    SpikingAttention : One head; laws and bounds are explained there.

    Notes
    -----
    All heads listen to the same three encoders, 3 N D neurons however many heads. Their errors
    are therefore correlated, and the constant sums over pairs of heads before it squares: after
    output weights it is not the sum of the heads' constants.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.2.
    .. [2] Theory index 4.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> w_q, w_k, w_v, w_o = rng.normal(size=(4, 6, 6))
    >>> layer = MultiHeadSpikingAttention.compile(w_q, w_k, w_v, w_o, heads=2)
    >>> result = layer.run(rng.random((5, 6)), steps=64, generator=rng)
    >>> result.value.shape, result.row_spikes.shape, result.certificate.holds
    ((5, 6), (2, 5), True)
    """

    joined: bool

    @classmethod
    def compile(
        cls,
        w_q: Any,
        w_k: Any,
        w_v: Any,
        w_o: Any | None = None,
        *,
        heads: int,
        low: Any = 0.0,
        high: Any = 1.0,
        mode: SoftmaxMode | str = SoftmaxMode.GLI,
        encoder: RateCode | str = RateCode.BERNOULLI,
        b_q: Any | None = None,
        b_k: Any | None = None,
        b_v: Any | None = None,
        b_o: Any | None = None,
    ) -> "MultiHeadSpikingAttention":
        """Compile weights; nothing is trained or fitted.

        Parameters
        ----------
        w_q, w_k : array or Tensor of shape [D, H Dk]
            Query and key weights, head after head; scores are divided by sqrt(Dk).
        w_v : array or Tensor of shape [D, H Dv]
            Value weights, head after head.
        w_o : array or Tensor of shape [H Dv, Do], optional
            Output weights; without them the output is the heads side by side.
        heads : int
            H, which divides both widths.
        low, high : float or array of shape [D]
            Range of each input channel.
        mode : SoftmaxMode or str
            Softmax circuit, ``"gli"`` by default.
        encoder : RateCode or str
            ``"bernoulli"`` (default), ``"sigma_delta"`` or ``"random_phase"``.
        b_q, b_k, b_v, b_o : array or Tensor, optional
            Biases, of shape [H Dk], [H Dk], [H Dv] and [Do]: constant currents, without noise.

        Returns
        -------
        MultiHeadSpikingAttention
            The compiled layer.

        Raises
        ------
        InputError
            If a shape, a number, a range or a choice is wrong, `heads` does not divide a width, or
            queries, keys or values may pass 1e60.
        """
        caller = "MultiHeadSpikingAttention.compile"
        query, key, value = check_weights(w_q, w_k, w_v, caller=caller)
        count = check_integer(heads, name="heads", caller=caller)
        for name, matrix in (("w_q", query), ("w_v", value)):
            if matrix.shape[1] % count:
                raise InputError(
                    f"{caller}: `{name}` must have columns that {count} heads share evenly; got "
                    f"{matrix.shape[1]}."
                )
        lows, highs = check_range(low, high, len(query), caller=caller)
        circuit, code = check_settings(mode, encoder, caller=caller)
        out = _output(w_o, value.shape[1], caller)
        of_query = check_bias(b_q, query.shape[1], caller=caller, name="b_q")
        of_key = check_bias(b_k, key.shape[1], caller=caller, name="b_k")
        of_value = check_bias(b_v, value.shape[1], caller=caller, name="b_v")
        query, of_query = fold(query, of_query, lows, highs)
        key, of_key = fold(key, of_key, lows, highs)
        value, of_value = fold(value, of_value, lows, highs)
        folded = Heads(
            query=_split(query, count),
            key=_split(key, count),
            value=_split(value, count),
            output=out.reshape(count, -1, out.shape[1]),
            query_bias=of_query.reshape(count, -1),
            key_bias=of_key.reshape(count, -1),
            value_bias=of_value.reshape(count, -1),
            output_bias=check_bias(b_o, out.shape[1], caller=caller, name="b_o"),
        )
        return cls(
            check_heads(folded, caller=caller),
            lows,
            highs,
            circuit,
            code,
            w_o is not None,
        )

    def _joined(self) -> bool:
        return self.joined


def _output(w_o: Any | None, width: int, caller: str) -> Array:
    """Return the output weights [H Dv, Do]; heads side by side without them."""
    if w_o is None:
        return np.eye(width)
    weights = check_matrix(w_o, caller=caller, name="w_o")
    if len(weights) != width:
        raise InputError(
            f"{caller}: `w_o` must have {width} rows, the columns of `w_v`; got shape "
            f"{weights.shape}."
        )
    return weights


def _split(weights: Array, heads: int) -> Array:
    """Return [D, H W] as [H, D, W]."""
    return np.ascontiguousarray(weights.reshape(len(weights), heads, -1).transpose(1, 0, 2))
