"""Between two stages: neurons, and a convolution that may halve the map."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, PopulationMaker

__all__ = ["Downsampling"]


@final
class Downsampling(nn.Module):
    """Neurons, 3 x 3 convolution, no residual.

    Parameters
    ----------
    c_in, c_out : int
        Channels before and after.
    make : PopulationMaker
        Makes the neurons.
    stride : int, default 2
        Step of the convolution; 2 halves the map.
    bias : bool, default False
        Whether the convolution has a bias.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        *,
        make: PopulationMaker,
        stride: int = 2,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.lif = make.population()
        self.conv = ConvNorm(c_in, c_out, kernel=3, stride=stride, bias=bias)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, H', W', D'] of currents [T, B, H, W, D]."""
        currents: Tensor = self.conv(self.lif(x, context), context)
        return currents
