"""Products of queries, keys and values, without parameters."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import final

from torch import Tensor, nn
from torch.nn import functional

from spikedim.models.layers._counts_attention import attend_counts, may_attend_counts

__all__ = [
    "AbstractAttentionProduct",
    "ProductOrder",
    "SoftmaxProduct",
    "SpikingProduct",
    "join_heads",
    "split_heads",
]


class ProductOrder(StrEnum):
    """Which product comes first; the results are equal, the costs are not."""

    QUERIES_KEYS = "queries_keys"  # N x N numbers a head
    KEYS_VALUES = "keys_values"  # d x d numbers a head, or at every token if causal


class AbstractAttentionProduct(nn.Module, ABC):
    """What stands between queries, keys, values and the neurons of the attention."""

    @abstractmethod
    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return currents [T, B, N, D] of queries [T, B, N, D] and keys, values [T, B, M, D].

        Keys that `mask` [B, M] leaves out are padding, which no query sees.
        """


@final
class SpikingProduct(AbstractAttentionProduct):
    """Spiking self-attention: s q k^T v by head, no softmax.

    Parameters
    ----------
    heads : int
        H, divides D.
    scale : float
        s.
    order : ProductOrder
        Which product comes first.
    causal : bool, default False
        Whether a token sees itself and the tokens before it only.
    """

    def __init__(
        self, heads: int, *, scale: float, order: ProductOrder, causal: bool = False
    ) -> None:
        super().__init__()
        self.heads = heads
        self.scale = scale
        self.order = order
        self.causal = causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return currents [T, B, N, D]."""
        if mask is None and not self.causal and may_attend_counts(q, k, v):
            return attend_counts(q, k, v, heads=self.heads, scale=self.scale)
        if mask is not None:
            k = k * mask[..., None].to(k.dtype)
        q, k, v = (split_heads(x, self.heads) for x in (q, k, v))
        return join_heads(self._mix(q, k, v)) * self.scale

    def _mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return q k^T v of [T, B, H, N, d]."""
        if self.order is ProductOrder.QUERIES_KEYS:
            seen = q @ k.transpose(-1, -2)
            return (seen.tril() if self.causal else seen) @ v
        if not self.causal:
            return q @ (k.transpose(-1, -2) @ v)
        so_far = (k[..., :, None] * v[..., None, :]).cumsum(dim=-3)
        return (q[..., None, :] @ so_far).squeeze(-2)

    def extra_repr(self) -> str:
        """Return heads, scale and order for `repr`."""
        causal = ", causal" if self.causal else ""
        return f"heads={self.heads}, scale={self.scale:g}, order={self.order.value}{causal}"


@final
class SoftmaxProduct(AbstractAttentionProduct):
    """Attention of twins and ordinary networks: softmax(q k^T / sqrt(D / H)) v by head.

    Parameters
    ----------
    heads : int
        H, divides D.
    causal : bool, default False
        Whether a token sees itself and the tokens before it only.

    Notes
    -----
    A token with nothing but padding to see gets 0.
    """

    def __init__(self, heads: int, *, causal: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return convex combinations [T, B, N, D] of the values."""
        q, k, v = (split_heads(x, self.heads) for x in (q, k, v))
        if mask is None:
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
            return join_heads(mixed)
        seen = mask[:, None, None, :].expand(-1, 1, q.shape[-2], -1)
        if self.causal:
            seen = seen.tril()
        blind = ~seen.any(dim=-1, keepdim=True)  # a softmax over nothing is NaN
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen | blind)
        return join_heads(mixed.masked_fill(blind, 0))

    def extra_repr(self) -> str:
        """Return the heads for `repr`."""
        return f"heads={self.heads}{', causal' if self.causal else ''}"


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Return [T, B, H, N, D / H] of [T, B, N, D]: each head has neighbouring features."""
    return x.reshape(*x.shape[:-1], heads, -1).transpose(-2, -3)


def join_heads(x: Tensor) -> Tensor:
    """Return [T, B, N, D] of [T, B, H, N, D / H]."""
    return x.transpose(-2, -3).flatten(-2)
