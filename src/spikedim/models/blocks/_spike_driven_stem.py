"""The stem of the spike-driven transformer: five convolutions that end in currents."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, PopulationMaker, fire, max_pool

__all__ = ["SpikeDrivenStem"]


@final
class SpikeDrivenStem(nn.Module):
    """Three convolutions with spikes behind them, then currents and a convolution of their spikes.

    Parameters
    ----------
    channels : int
        Channels of the image.
    width : int
        D, divisible by 8.
    pools : tuple of bool
        Which of the first four convolutions halve the map: the first three by maxima of spikes,
        the fourth by maxima of currents, in front of its neurons.
    make : PopulationMaker
        Makes the neurons.

    Notes
    -----
    With u the currents of the fourth convolution the output is u + Norm(Conv(spikes of u)).
    """

    def __init__(
        self, channels: int, width: int, *, pools: tuple[bool, ...], make: PopulationMaker
    ) -> None:
        super().__init__()
        widths = (channels, width // 8, width // 4, width // 2, width)
        self.pools = pools
        for index in range(4):
            conv = ConvNorm(widths[index], widths[index + 1], kernel=3)
            self.add_module(f"conv{index}", conv)
            self.add_module(f"lif{index}", make.population())
        self.rpe = ConvNorm(width, width, kernel=3)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, H, W, D] of images [T or 1, B, H, W, channels]."""
        for index, pool in enumerate(self.pools[:3]):
            conv, lif = getattr(self, f"conv{index}"), getattr(self, f"lif{index}")
            x = fire(x, conv, lif, context)
            x = max_pool(x) if pool else x
        currents = self.get_submodule("conv3")(x, context)
        currents = max_pool(currents) if self.pools[3] else currents
        spikes = self.get_submodule("lif3")(currents, context)
        out: Tensor = currents + self.rpe(spikes, context)
        return out
