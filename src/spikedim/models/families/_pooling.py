"""What the classifier reads of the tokens of the last block."""

from enum import StrEnum

from torch import Tensor

__all__ = ["Pooling", "pool_tokens"]


class Pooling(StrEnum):
    """``MEAN`` over the tokens that are not padding, the ``FIRST`` token, or ``NONE``: each one."""

    MEAN = "mean"
    FIRST = "first"
    NONE = "none"


def pool_tokens(features: Tensor, pooling: Pooling, mask: Tensor | None) -> Tensor:
    """Return [T, B, 1, D] of features [T, B, N, D] and mask [B, N]; all N without pooling."""
    if pooling is Pooling.NONE:
        return features
    if pooling is Pooling.FIRST:
        return features[:, :, :1]
    if mask is None:
        return features.mean(dim=2, keepdim=True)
    kept = mask[..., None].to(features.dtype)
    return (features * kept).sum(dim=2, keepdim=True) / kept.sum(dim=1, keepdim=True)
