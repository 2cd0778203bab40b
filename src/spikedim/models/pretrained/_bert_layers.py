"""The forward pass of a BERT encoder, with the softmax of each layer as a parameter."""

import math
from collections.abc import Callable, Mapping

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear

from spikedim._core import NumericsError
from spikedim.models.pretrained._pretrained_config import PretrainedConfig

__all__ = ["SoftmaxOfLayer", "encode", "exact_softmax", "mean_of_tokens"]

# (layer, logits [B, H, N, N] with -inf at padded keys) -> attention of the same shape
SoftmaxOfLayer = Callable[[int, Tensor], Tensor]


def exact_softmax(layer: int, logits: Tensor) -> Tensor:  # noqa: ARG001
    """Return the softmax over keys."""
    return torch.softmax(logits, dim=-1)


def encode(
    weights: Mapping[str, Tensor],
    config: PretrainedConfig,
    input_ids: Tensor,
    mask: Tensor,
    softmax: SoftmaxOfLayer,
) -> Tensor:
    """Return token vectors [B, N, D] of ids and boolean mask, both [B, N], all of segment 0."""
    hidden = (
        weights["embeddings.word_embeddings.weight"][input_ids]
        + weights["embeddings.token_type_embeddings.weight"][0]
        + weights["embeddings.position_embeddings.weight"][: input_ids.shape[1]]
    )
    hidden = _norm(weights, config, "embeddings.LayerNorm", hidden)
    for layer in range(config.layers):
        at = f"encoder.layer.{layer}"
        attended = _attention(weights, config, layer, hidden, mask, softmax)
        attended = _linear(weights, f"{at}.attention.output.dense", attended)
        hidden = _norm(weights, config, f"{at}.attention.output.LayerNorm", attended + hidden)
        inner = gelu(_linear(weights, f"{at}.intermediate.dense", hidden))
        inner = _linear(weights, f"{at}.output.dense", inner)
        hidden = _norm(weights, config, f"{at}.output.LayerNorm", inner + hidden)
    if not bool(torch.isfinite(hidden).all()):
        raise NumericsError(
            f"encode: token vectors must be finite in {hidden.dtype}; got NaN or infinity. "
            "The weights are too large for that type: use torch.float64, or scale them down."
        )
    return hidden


def mean_of_tokens(hidden: Tensor, mask: Tensor) -> Tensor:
    """Return the mean [B, D] of the token vectors [B, N, D] that `mask` keeps."""
    kept = mask[..., None].to(hidden.dtype)
    return (hidden * kept).sum(dim=1) / kept.sum(dim=1)


def _attention(
    weights: Mapping[str, Tensor],
    config: PretrainedConfig,
    layer: int,
    hidden: Tensor,
    mask: Tensor,
    softmax: SoftmaxOfLayer,
) -> Tensor:
    """Return the heads' outputs [B, N, D] side by side, before the output map."""
    at = f"encoder.layer.{layer}.attention.self"
    query, key, value = (
        rearrange(_linear(weights, f"{at}.{part}", hidden), "b n (h d) -> b h n d", h=config.heads)
        for part in ("query", "key", "value")
    )
    logits = query @ key.transpose(-1, -2) / math.sqrt(config.head_width)
    logits = logits.masked_fill(~mask[:, None, None, :], -torch.inf)
    attended = softmax(layer, logits) @ value
    return rearrange(attended, "b h n d -> b n (h d)")


def _linear(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _norm(weights: Mapping[str, Tensor], config: PretrainedConfig, name: str, x: Tensor) -> Tensor:
    return layer_norm(
        x,
        (config.width,),
        weights[f"{name}.weight"],
        weights[f"{name}.bias"],
        config.layer_norm_epsilon,
    )
