"""SpikingBERT's MLP: GELU and layer normalisation in front of neurons."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import (
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    RealGELU,
    ResidualNorm,
)

__all__ = ["BertMLP"]


@final
class BertMLP(nn.Module):
    """Two products, neurons behind each.

    Parameters
    ----------
    width : int
        D; four times as many features are hidden.
    make : PopulationMaker
        Makes the neurons.
    epsilon : float
        Of the layer normalisation.
    drop : float, default 0.0
        Probability of dropping the branch.
    """

    def __init__(
        self, width: int, *, make: PopulationMaker, epsilon: float, drop: float = 0.0
    ) -> None:
        super().__init__()
        self.intermediate = LinearNorm(width, 4 * width, bias=True, norm=False)
        self.gelu = RealGELU()
        self.intermediate_lif = make.population(rectified=False)
        self.output = ResidualNorm(4 * width, width, epsilon=epsilon, drop=drop)
        self.output_lif = make.population(rectified=False)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return spikes [T, B, N, D] of spikes [T, B, N, D]."""
        hidden = self.intermediate_lif(self.gelu(self.intermediate(x, context)), context)
        spikes: Tensor = self.output_lif(self.output(hidden, x, context), context)
        return spikes
