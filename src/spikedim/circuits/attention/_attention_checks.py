"""Door checks of attention weights, ranges and settings."""

from typing import Any

import numpy as np

from spikedim._core import InputError, check_choice, check_numbers
from spikedim.circuits._checks import check_matrix
from spikedim.circuits.attention._attention_heads import Heads
from spikedim.circuits.attention._attention_noise import AttentionNoise
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = [
    "check_attention_noise",
    "check_bias",
    "check_heads",
    "check_mask",
    "check_range",
    "check_settings",
    "check_sizes",
    "check_tokens",
    "check_weights",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

_ROUNDING = 1e-9  # of the range of a channel; further out is an error of the caller
_ULPS = 4  # of its ends, by which an affine map may miss them
_LARGEST = 1e60  # of queries, keys and values: their fourth powers are still numbers


def check_tokens(x: Any, low: Array, high: Array, *, caller: str) -> Array:
    """Return the rates [N, D] that code tokens within their ranges."""
    tokens = check_matrix(x, caller=caller, name="x")
    if tokens.shape[1] != len(low):
        raise InputError(f"{caller}: `x` must have {len(low)} channels; got shape {tokens.shape}.")
    span = high - low
    slack = _ROUNDING * span + _ULPS * np.spacing(np.maximum(np.abs(low), np.abs(high)))
    outside = (tokens < low - slack) | (tokens > high + slack)
    if outside.any():
        token, channel = np.argwhere(outside)[0]
        raise InputError(
            f"{caller}: `x` must be within [low, high]; got {tokens[token, channel]} in channel "
            f"{channel}, whose range is [{low[channel]}, {high[channel]}]. Compile with its "
            "range; nothing is clipped here."
        )
    # What is clipped is the rounding error of an affine map.
    return np.asarray(((tokens - low) / np.where(span > 0, span, 1.0)).clip(0.0, 1.0))


def check_mask(mask: Any | None, shape: tuple[int, int, int], *, caller: str) -> Array | None:
    """Return what a mask adds to the scores, [N, N] or [H, N, N]."""
    if mask is None:
        return None
    array = check_numbers(mask, name="mask", caller=caller)
    if array.shape not in (shape[1:], shape) or array.dtype.kind not in "bfiu":
        raise InputError(
            f"{caller}: `mask` must be boolean or numbers of shape {shape[1:]} or {shape}; got "
            f"{array.dtype} of shape {array.shape}."
        )
    added = np.where(array, 0.0, -np.inf) if array.dtype.kind == "b" else array.astype(float)
    if np.isnan(added).any() or np.isposinf(added).any():
        raise InputError(f"{caller}: `mask` must be finite, or -inf where closed; got NaN or +inf.")
    if np.isneginf(added).all(axis=-1).any():
        raise InputError(
            f"{caller}: `mask` must leave every row a column; got a row that is all closed. "
            "Leave that token out."
        )
    return np.asarray(added)


def check_attention_noise(noise: Any, heads: int, shape: tuple[int, ...], *, caller: str) -> None:
    """Raise `InputError` unless the noise has one stream for each neuron."""
    if not isinstance(noise, AttentionNoise):
        raise InputError(
            f"{caller}: `noise` must be an AttentionNoise; got {type(noise).__name__}. Draw it "
            "with `AttentionNoise.draw`."
        )
    tokens, features = shape
    got = (noise.query.shape, noise.key.shape, noise.value.shape, noise.rows.shape)
    if got != (shape, shape, shape, (heads, tokens, tokens)):
        raise InputError(
            f"{caller}: `noise` must fit {tokens} tokens, {features} channels and {heads} heads; "
            f"got codes {got[0]} and rows {got[3]}. Draw it with `AttentionNoise.draw`."
        )


def check_weights(w_q: Any, w_k: Any, w_v: Any, *, caller: str) -> tuple[Array, Array, Array]:
    """Return query, key and value weights with one input width; query and key have one output."""
    query = check_matrix(w_q, caller=caller, name="w_q")
    key = check_matrix(w_k, caller=caller, name="w_k")
    value = check_matrix(w_v, caller=caller, name="w_v")
    if key.shape != query.shape:
        raise InputError(
            f"{caller}: `w_k` must have the shape of `w_q`, {query.shape}; got {key.shape}."
        )
    if len(value) != len(query):
        raise InputError(
            f"{caller}: `w_v` must have {len(query)} rows, one per input channel; got shape "
            f"{value.shape}."
        )
    return query, key, value


def check_bias(bias: Any | None, width: int, *, caller: str, name: str) -> Array:
    """Return a bias [width], zeros for None."""
    if bias is None:
        return np.zeros(width)
    array = check_matrix(bias, caller=caller, name=name, ndim=1)
    if array.shape != (width,):
        raise InputError(f"{caller}: `{name}` must have shape ({width},); got {array.shape}.")
    return array


def check_range(low: Any, high: Any, channels: int, *, caller: str) -> tuple[Array, Array]:
    """Return the ends [D] of the range of each channel."""
    ends = []
    for name, end in (("low", low), ("high", high)):
        array = check_matrix(end, caller=caller, name=name, ndim=None)
        if array.shape not in ((), (channels,)):
            raise InputError(
                f"{caller}: `{name}` must be a number or have shape ({channels},); got "
                f"{array.shape}."
            )
        ends.append(np.array(np.broadcast_to(array, (channels,))))
    if (ends[0] > ends[1]).any():
        at = int(np.argmax(ends[0] > ends[1]))
        raise InputError(
            f"{caller}: `low` must not be above `high`; got {ends[0][at]:g} and {ends[1][at]:g} "
            f"in channel {at}."
        )
    check_sizes(caller=caller, low=ends[0], high=ends[1])
    return ends[0], ends[1]


def check_heads(heads: Heads, *, caller: str) -> Heads:
    """Return heads whose queries, keys and values are numbers whatever the tokens."""
    with np.errstate(over="ignore", invalid="ignore"):
        constant = heads.value_bias[:, None] @ heads.output
        check_sizes(
            caller=caller,
            w_q=np.concatenate([heads.query, heads.query_bias[:, None]], axis=1),
            w_k=np.concatenate([heads.key, heads.key_bias[:, None]], axis=1),
            w_v=np.concatenate([heads.folded_value, constant], axis=1),
            b_o=heads.output_bias,
        )
    return heads


def check_sizes(*, caller: str, **parts: Array) -> None:
    """Raise `InputError` if a part is so large that attention has no number for it."""
    for name, part in parts.items():
        with np.errstate(over="ignore", invalid="ignore"):
            largest = np.abs(part).sum(axis=-2) if part.ndim > 1 else np.abs(part)
        if not (largest <= _LARGEST).all():
            raise InputError(
                f"{caller}: `{name}` must stay below {_LARGEST:g} in size for every token; got up "
                f"to {np.max(largest):g}. Rescale weights or ranges."
            )


def check_settings(mode: object, encoder: object, *, caller: str) -> tuple[SoftmaxMode, RateCode]:
    """Return both choices."""
    return (
        SoftmaxMode(check_choice(mode, SoftmaxMode, name="mode", caller=caller)),
        RateCode(check_choice(encoder, RateCode, name="encoder", caller=caller)),
    )
