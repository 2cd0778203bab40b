"""Query-key attention: the queries say which tokens, or which channels, of the keys pass."""

from enum import StrEnum
from typing import final

from torch import Tensor, nn

from spikedim.models.layers import (
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    SoftmaxProduct,
    fire,
)

__all__ = ["QKAxis", "QueryKeyAttention"]


class QKAxis(StrEnum):
    """What the mask of query-key attention chooses among."""

    TOKEN = "token"  # one spike for each token and head
    CHANNEL = "channel"  # one spike for each feature


@final
class QueryKeyAttention(nn.Module):
    """QKFormer's attention of the early stages: a mask of the keys, no values, no product.

    Parameters
    ----------
    width, heads : int
        D and H; H divides D.
    make : PopulationMaker
        Makes the neurons.
    axis : QKAxis, default QKAxis.TOKEN
        Whether queries are summed over the features of a head, or over all tokens.
    drop : float, default 0.0
        Probability of dropping the branch.

    Notes
    -----
    With spikes q and k [T, B, N, D], and a the spikes, at half the threshold, of the sum of q, the
    output is x + spikes of Norm(W(a * k)). The channel form is in the paper only.

    The attention of the twin and of the ordinary network is softmax(q k^T / sqrt(D / H)) k by head:
    the keys are the values, as they are here, and it has N x D numbers where the mask has N x H
    spikes.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        make: PopulationMaker,
        axis: QKAxis = QKAxis.TOKEN,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.q, self.k = (LinearNorm(width, width) for _ in range(2))
        self.q_lif, self.k_lif = (make.population(rectified=False) for _ in range(2))
        self.mask = None if make.coding.spiking else SoftmaxProduct(heads)
        self.attn_lif = make.population(threshold=0.5, rectified=False)
        self.proj = LinearNorm(width, width, bias=True)
        self.proj_lif = make.population()
        self.heads = heads
        self.axis = axis
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the spikes of the attention, [T, B, N, D]."""
        q = fire(x, self.q, self.q_lif, context)
        k = fire(x, self.k, self.k_lif, context)
        if self.mask is not None:
            mixed = self.attn_lif(self.mask(q, k, k), context)
        elif self.axis is QKAxis.CHANNEL:
            mixed = self.attn_lif(q.sum(dim=2, keepdim=True), context) * k
        else:
            by_head = (*q.shape[:-1], self.heads, -1)
            chosen = self.attn_lif(q.reshape(by_head).sum(dim=-1), context)
            mixed = (chosen[..., None] * k.reshape(by_head)).flatten(-2)
        return fire(mixed, self.proj, self.proj_lif, context, residual=x, drop=self.drop)

    def extra_repr(self) -> str:
        """Return heads and axis for `repr`."""
        return f"heads={self.heads}, axis={self.axis.value}"
