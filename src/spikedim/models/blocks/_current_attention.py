"""Spiking self-attention between residuals that add currents."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import (
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    ProductOrder,
    add_branch,
    fire,
)

__all__ = ["CurrentAttention"]


@final
class CurrentAttention(nn.Module):
    """Spikingformer's attention: neurons in front of every product, none behind the output.

    Parameters
    ----------
    width, heads : int
        D and H; H divides D.
    scale : float
        Factor on the product.
    order : ProductOrder
        Which product comes first.
    make : PopulationMaker
        Makes the neurons and the product.
    drop : float, default 0.0
        Probability of dropping the branch.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        scale: float,
        order: ProductOrder,
        make: PopulationMaker,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.lif = make.population()
        self.q, self.k, self.v = (LinearNorm(width, width) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = (make.population(rectified=False) for _ in range(3))
        self.product = make.product(heads, scale=scale, order=order)
        self.attn_lif = make.population(threshold=0.5, rectified=False)
        self.proj = LinearNorm(width, width, bias=True)
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the currents of the attention, [T, B, N, D]."""
        spikes = self.lif(x, context)
        q = fire(spikes, self.q, self.q_lif, context)
        k = fire(spikes, self.k, self.k_lif, context)
        v = fire(spikes, self.v, self.v_lif, context)
        mixed = self.attn_lif(self.product(q, k, v), context)
        branch = self.proj(mixed, context)
        return add_branch(x, branch, context, drop=self.drop, training=self.training)
