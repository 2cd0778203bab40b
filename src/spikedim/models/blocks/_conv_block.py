"""The convolutional block of Meta-SpikeFormer: mix places, then channels."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, LinearNorm, PopulationMaker, fire

__all__ = ["ConvBlock"]


@final
class _SeparableConv(nn.Module):
    """1 x 1 to twice the channels, depthwise 7 x 7, 1 x 1 back; neurons before the first two."""

    def __init__(self, width: int, *, make: PopulationMaker) -> None:
        super().__init__()
        inner = 2 * width
        self.lif1 = make.population()
        self.expand = LinearNorm(width, inner)
        self.lif2 = make.population()
        self.depthwise = ConvNorm(inner, inner, kernel=7, groups=inner, norm=False)
        self.reduce = LinearNorm(inner, width)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus currents [T, B, H, W, D]."""
        hidden = fire(self.lif1(x, context), self.expand, self.lif2, context)
        out: Tensor = x + self.reduce(self.depthwise(hidden, context), context)
        return out


@final
class _ChannelConv(nn.Module):
    """3 x 3 to four times the channels and back, neurons before each."""

    def __init__(self, width: int, *, make: PopulationMaker) -> None:
        super().__init__()
        self.lif1 = make.population()
        self.expand = ConvNorm(width, 4 * width, kernel=3)
        self.lif2 = make.population()
        self.reduce = ConvNorm(4 * width, width, kernel=3)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus currents [T, B, H, W, D]."""
        hidden = fire(self.lif1(x, context), self.expand, self.lif2, context)
        out: Tensor = x + self.reduce(hidden, context)
        return out


@final
class ConvBlock(nn.Module):
    """A separable and a channel convolution, each with its residual of currents.

    Parameters
    ----------
    width : int
        D.
    make : PopulationMaker
        Makes the neurons.

    Notes
    -----
    The last product of the separable convolution reads real values. Fused with the depthwise one
    it would read spikes, but as a dense 7 x 7 convolution it had 98 D^2 weights in the place of
    2 D^2 + 98 D, so the two stay apart.
    """

    def __init__(self, width: int, *, make: PopulationMaker) -> None:
        super().__init__()
        self.sep = _SeparableConv(width, make=make)
        self.channel = _ChannelConv(width, make=make)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, H, W, D]."""
        out: Tensor = self.channel(self.sep(x, context), context)
        return out
