"""The MLP between residuals that add spikes."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ForwardPass, LinearNorm, PopulationMaker, fire

__all__ = ["SpikingMLP"]


@final
class SpikingMLP(nn.Module):
    """Two products, neurons behind each.

    Parameters
    ----------
    width : int
        D.
    make : PopulationMaker
        Makes the neurons.
    ratio : int, default 4
        Hidden features over D.
    bias : bool, default True
        Whether the products have a bias.
    drop : float, default 0.0
        Probability of dropping the branch.
    """

    def __init__(
        self,
        width: int,
        *,
        make: PopulationMaker,
        ratio: int = 4,
        bias: bool = True,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.fc1 = LinearNorm(width, ratio * width, bias=bias)
        self.fc1_lif = make.population()
        self.fc2 = LinearNorm(ratio * width, width, bias=bias)
        self.fc2_lif = make.population()
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the spikes of the MLP, [T, B, N, D]."""
        hidden = fire(x, self.fc1, self.fc1_lif, context)
        return fire(hidden, self.fc2, self.fc2_lif, context, residual=x, drop=self.drop)
