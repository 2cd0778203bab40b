"""SpikingBERT's attention: spikes of keys and values, real queries, a real softmax."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import (
    AbstractAttentionProduct,
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    RealLinear,
    RealSoftmax,
    ResidualNorm,
    fire,
    join_heads,
    split_heads,
)

__all__ = ["BertAttention"]


@final
class _RealQueryProduct(AbstractAttentionProduct):
    """softmax(q k^T / sqrt(D / H)) v by head, of real q and spikes k and v."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.softmax = RealSoftmax()

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return convex combinations [T, B, N, D] of the values."""
        q, k, v = (split_heads(x, self.heads) for x in (q, k, v))
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, None, :], -float("inf"))
        return join_heads(self.softmax(scores) @ v)


@final
class BertAttention(nn.Module):
    """Keys, values, attention and output of one encoder, neurons behind each.

    Parameters
    ----------
    width, heads : int
        D and H; H divides D.
    make : PopulationMaker
        Makes the neurons.
    epsilon : float
        Of the layer normalisation.
    drop : float, default 0.0
        Probability of dropping the branch.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        make: PopulationMaker,
        epsilon: float,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.k = LinearNorm(width, width, bias=True, norm=False)
        self.k_lif = make.population(rectified=False)
        self.v = LinearNorm(width, width, bias=True, norm=False)
        self.v_lif = make.population(rectified=False)
        self.q = RealLinear(width, width)
        self.product = _RealQueryProduct(heads)
        self.attn_lif = make.population(rectified=False)
        self.output = ResidualNorm(width, width, epsilon=epsilon, drop=drop)
        self.output_lif = make.population(rectified=False)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return spikes [T, B, N, D] of spikes [T, B, N, D]."""
        k = fire(x, self.k, self.k_lif, context)
        v = fire(x, self.v, self.v_lif, context)
        q = self.q(x.to(self.q.weight.dtype))  # what stays real is not rounded
        mixed = self.attn_lif(self.product(q, k.to(q.dtype), v.to(q.dtype), context.mask), context)
        spikes: Tensor = self.output_lif(self.output(mixed, x, context), context)
        return spikes
