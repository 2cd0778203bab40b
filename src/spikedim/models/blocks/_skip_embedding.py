"""Patch embeddings with a skip: convolutions beside a projection, both of spikes."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ConvNorm, ForwardPass, PopulationMaker, fire

__all__ = ["SkipEmbedding"]


@final
class SkipEmbedding(nn.Module):
    """3 x 3 convolutions with neurons, plus a 1 x 1 convolution that skips the last of them.

    Parameters
    ----------
    widths : tuple of int
        Channels of the input and behind each convolution.
    pools : tuple of bool
        Which convolutions halve the map, by maxima of currents in front of their neurons.
    skipped : int
        How many convolutions the skip spans, counted from the last.
    make : PopulationMaker
        Makes the neurons.
    first : int, default 0
        Number of the first convolution in its name.

    Notes
    -----
    The output is a sum of two spikes, 0, 1 or 2.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        *,
        pools: tuple[bool, ...],
        skipped: int,
        make: PopulationMaker,
        first: int = 0,
    ) -> None:
        super().__init__()
        self.pools = pools
        self.fork = len(pools) - skipped
        self.first = first
        for index in range(len(pools)):
            conv = ConvNorm(widths[index], widths[index + 1], kernel=3)
            self.add_module(f"conv{first + index}", conv)
            self.add_module(f"lif{first + index}", make.population())
        stride = 2 ** sum(pools[self.fork :])
        self.skip = ConvNorm(widths[self.fork], widths[-1], kernel=1, stride=stride)
        self.skip_lif = make.population()

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return sums of spikes [T, B, H', W', D'] of maps [T or 1, B, H, W, D]."""
        fork = x
        for index, pool in enumerate(self.pools):
            number = self.first + index
            conv, lif = getattr(self, f"conv{number}"), getattr(self, f"lif{number}")
            x = fire(x, conv, lif, context, pool=pool)
            if index + 1 == self.fork:
                fork = x
        return fire(fork, self.skip, self.skip_lif, context, residual=x)
