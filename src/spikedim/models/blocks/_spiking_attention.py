"""Spiking self-attention between residuals that add spikes."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ForwardPass, LinearNorm, PopulationMaker, ProductOrder, fire

__all__ = ["SpikingSelfAttention"]


@final
class SpikingSelfAttention(nn.Module):
    """Spikformer's attention: spikes of queries, keys, values, of their product, of the output.

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
    bias : bool, default False
        Whether queries, keys and values have a bias.
    output_bias : bool, default True
        Whether the output projection has one.
    drop : float, default 0.0
        Probability of dropping the branch.
    batch_leak : bool, default False
        Whether the last neurons take steps and samples for one sequence, as in the released
        QKFormer.
    causal : bool, default False
        Whether a token sees itself and the tokens before it only.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        scale: float,
        order: ProductOrder,
        make: PopulationMaker,
        bias: bool = False,
        output_bias: bool = True,
        drop: float = 0.0,
        batch_leak: bool = False,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.q, self.k, self.v = (LinearNorm(width, width, bias=bias) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = (make.population(rectified=False) for _ in range(3))
        self.product = make.product(heads, scale=scale, order=order, causal=causal)
        self.attn_lif = make.population(threshold=0.5, rectified=False)
        self.proj = LinearNorm(width, width, bias=output_bias)
        self.proj_lif = make.population(batch_leak=batch_leak)
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the spikes of the attention, [T, B, N, D]."""
        q = fire(x, self.q, self.q_lif, context)
        k = fire(x, self.k, self.k_lif, context)
        v = fire(x, self.v, self.v_lif, context)
        mixed = self.attn_lif(self.product(q, k, v, context.mask), context)
        return fire(mixed, self.proj, self.proj_lif, context, residual=x, drop=self.drop)
