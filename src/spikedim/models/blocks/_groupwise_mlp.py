"""SpikingResformer's MLP: a grouped convolution with a residual of its own inside."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, LinearNorm, PopulationMaker, add_branch

__all__ = ["GroupwiseMLP"]


@final
class GroupwiseMLP(nn.Module):
    """Up, grouped 3 x 3 convolution, down; neurons in front of each, residuals of currents.

    Parameters
    ----------
    width : int
        D.
    group : int
        Channels of a group of the convolution; divides 4 D.
    make : PopulationMaker
        Makes the neurons.
    drop : float, default 0.0
        Probability of dropping the branch; the residual inside it is never dropped alone.
    """

    def __init__(self, width: int, *, group: int, make: PopulationMaker, drop: float = 0.0) -> None:
        super().__init__()
        hidden = 4 * width
        self.lif1 = make.population()
        self.up = LinearNorm(width, hidden)
        self.lif2 = make.population()
        self.group = ConvNorm(hidden, hidden, kernel=3, groups=hidden // group)
        self.lif3 = make.population()
        self.down = LinearNorm(hidden, width)
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the currents of the MLP, maps [T, B, H, W, D]."""
        wide = self.up(self.lif1(x, context), context)
        wide = wide + self.group(self.lif2(wide, context), context)
        branch = self.down(self.lif3(wide, context), context)
        return add_branch(x, branch, context, drop=self.drop, training=self.training)
