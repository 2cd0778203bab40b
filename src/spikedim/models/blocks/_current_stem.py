"""Spikingformer's tokenizer: five convolutions that split an image into patches of currents."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, PopulationMaker, fire, max_pool

__all__ = ["CurrentStem"]


@final
class CurrentStem(nn.Module):
    """Five 3 x 3 convolutions with neurons between them: all but the first read spikes.

    Parameters
    ----------
    channels : int
        Channels of the image.
    width : int
        D, divisible by 8.
    pools : tuple of bool
        Which of the last four convolutions read a halved map.
    make : PopulationMaker
        Makes the neurons.
    pool_first : bool, default False
        Whether the maxima are taken of currents, in front of the neurons, and not of spikes.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        *,
        pools: tuple[bool, ...],
        make: PopulationMaker,
        pool_first: bool = False,
    ) -> None:
        super().__init__()
        widths = (channels, width // 8, width // 4, width // 2, width)
        self.pools = pools
        self.pool_first = pool_first
        for index in range(4):
            conv = ConvNorm(widths[index], widths[index + 1], kernel=3)
            self.add_module(f"conv{index}", conv)
            self.add_module(f"lif{index + 1}", make.population())
        self.conv4 = ConvNorm(width, width, kernel=3)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, H, W, D] of images [T or 1, B, H, W, channels]."""
        for index, pool in enumerate(self.pools):
            conv, lif = getattr(self, f"conv{index}"), getattr(self, f"lif{index + 1}")
            x = fire(x, conv, lif, context, pool=pool and self.pool_first)
            if pool and not self.pool_first:
                x = max_pool(x)
        currents: Tensor = self.conv4(x, context)
        return currents
