"""A product, a residual and their layer normalisation."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._real_operations import RealLayerNorm
from spikedim.models.layers._residual import add_branch

__all__ = ["ResidualNorm"]


@final
class ResidualNorm(nn.Module):
    """LayerNorm(W x + b + residual), as behind each half of a BERT encoder.

    Parameters
    ----------
    d_in, d_out : int
        Features of `x` and of the residual.
    epsilon : float
        Added to the variance.
    drop : float, default 0.0
        Probability of dropping W x + b.
    """

    def __init__(self, d_in: int, d_out: int, *, epsilon: float, drop: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(d_in, d_out)
        self.norm = RealLayerNorm(d_out, eps=epsilon)
        self.drop = drop

    def forward(self, x: Tensor, residual: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, N, D]."""
        x, residual = (part.to(self.linear.weight.dtype) for part in (x, residual))
        branch = self.linear(x)  # real-valued to the end: not rounded by a narrower type inside
        summed = add_branch(residual, branch, context, drop=self.drop, training=self.training)
        currents: Tensor = self.norm(summed)
        return currents
