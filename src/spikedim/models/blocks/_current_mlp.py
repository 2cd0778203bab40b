"""The MLP between residuals that add currents."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ForwardPass, LinearNorm, PopulationMaker, add_branch, fire

__all__ = ["CurrentMLP"]


@final
class CurrentMLP(nn.Module):
    """Two products, neurons in front of each (membrane shortcut): both read spikes.

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
        self.lif1 = make.population()
        self.fc1 = LinearNorm(width, ratio * width, bias=bias)
        self.lif2 = make.population()
        self.fc2 = LinearNorm(ratio * width, width, bias=bias)
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the currents of the MLP, [T, B, N, D]."""
        hidden = fire(self.lif1(x, context), self.fc1, self.lif2, context)
        branch = self.fc2(hidden, context)
        return add_branch(x, branch, context, drop=self.drop, training=self.training)
