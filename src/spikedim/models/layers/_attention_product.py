"""Products of queries, keys and values, without parameters."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import final

from torch import Tensor, nn
from torch.nn import functional

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
    KEYS_VALUES = "keys_values"  # d x d numbers a head


class AbstractAttentionProduct(nn.Module, ABC):
    """What stands between queries, keys, values and the neurons of the attention."""

    @abstractmethod
    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return currents [T, B, N, D] of queries [T, B, N, D] and keys, values [T, B, M, D]."""


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
    """

    def __init__(self, heads: int, *, scale: float, order: ProductOrder) -> None:
        super().__init__()
        self.heads = heads
        self.scale = scale
        self.order = order

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return currents [T, B, N, D]."""
        q, k, v = (split_heads(x, self.heads) for x in (q, k, v))
        if self.order is ProductOrder.KEYS_VALUES:
            mixed = q @ (k.transpose(-1, -2) @ v)
        else:
            mixed = (q @ k.transpose(-1, -2)) @ v
        return join_heads(mixed) * self.scale

    def extra_repr(self) -> str:
        """Return heads, scale and order for `repr`."""
        return f"heads={self.heads}, scale={self.scale:g}, order={self.order.value}"


@final
class SoftmaxProduct(AbstractAttentionProduct):
    """The twin's attention: softmax(q k^T / sqrt(D / H)) v by head.

    Parameters
    ----------
    heads : int
        H, divides D.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return convex combinations [T, B, N, D] of the values."""
        q, k, v = (split_heads(x, self.heads) for x in (q, k, v))
        return join_heads(functional.scaled_dot_product_attention(q, k, v))

    def extra_repr(self) -> str:
        """Return the heads for `repr`."""
        return f"heads={self.heads}"


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Return [T, B, H, N, D / H] of [T, B, N, D]: each head has neighbouring features."""
    return x.reshape(*x.shape[:-1], heads, -1).transpose(-2, -3)


def join_heads(x: Tensor) -> Tensor:
    """Return [T, B, N, D] of [T, B, H, N, D / H]."""
    return x.transpose(-2, -3).flatten(-2)
