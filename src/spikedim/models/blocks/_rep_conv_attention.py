"""Spike-driven self-attention 3: spiking self-attention on re-parameterised convolutions."""

from typing import final

from torch import Tensor, nn

from spikedim.models.blocks._rep_conv import RepConv
from spikedim.models.layers import (
    AbstractProduct,
    ConvNorm,
    ForwardPass,
    PopulationMaker,
    ProductOrder,
    add_branch,
    fire,
)

__all__ = ["RepConvAttention"]


@final
class RepConvAttention(nn.Module):
    """Neurons in front of every product; queries, keys, values and output see 3 x 3 places.

    Parameters
    ----------
    width, heads : int
        D and H; H divides D.
    scale : float
        Factor on the product.
    make : PopulationMaker
        Makes the neurons and the product.
    dense : bool, default False
        Whether the convolutions are the dense 3 x 3 ones that `RepConv` fuses to.
    drop : float, default 0.0
        Probability of dropping the branch.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        scale: float,
        make: PopulationMaker,
        dense: bool = False,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.lif = make.population()
        self.q, self.k, self.v = (_convolution(width, dense=dense) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = (make.population(rectified=False) for _ in range(3))
        self.product = make.product(heads, scale=scale, order=ProductOrder.KEYS_VALUES)
        self.attn_lif = make.population(threshold=0.5, rectified=False)
        self.proj = _convolution(width, dense=dense)
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the currents of the attention, [T, B, H, W, D]."""
        spikes = self.lif(x, context)
        q = fire(spikes, self.q, self.q_lif, context).flatten(2, 3)
        k = fire(spikes, self.k, self.k_lif, context).flatten(2, 3)
        v = fire(spikes, self.v, self.v_lif, context).flatten(2, 3)
        mixed = self.attn_lif(self.product(q, k, v), context)
        branch = self.proj(mixed.reshape(mixed.shape[:2] + x.shape[2:]), context)
        return add_branch(x, branch, context, drop=self.drop, training=self.training)


def _convolution(width: int, *, dense: bool) -> AbstractProduct:
    """Return a 3 x 3 convolution, in the form that trains or in the form that runs."""
    return ConvNorm(width, width, kernel=3, bias=True) if dense else RepConv(width)
