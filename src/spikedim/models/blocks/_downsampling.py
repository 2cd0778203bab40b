"""Between two stages: neurons, and a convolution that halves the map."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, PopulationMaker

__all__ = ["Downsampling"]


@final
class Downsampling(nn.Module):
    """Neurons, 3 x 3 convolution with stride 2, no residual.

    Parameters
    ----------
    c_in, c_out : int
        Channels before and after.
    make : PopulationMaker
        Makes the neurons.
    """

    def __init__(self, c_in: int, c_out: int, *, make: PopulationMaker) -> None:
        super().__init__()
        self.lif = make.population()
        self.conv = ConvNorm(c_in, c_out, kernel=3, stride=2)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, H / 2, W / 2, D'] of currents [T, B, H, W, D]."""
        currents: Tensor = self.conv(self.lif(x, context), context)
        return currents
