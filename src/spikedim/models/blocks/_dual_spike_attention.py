"""SpikingResformer's attention: every token against convolved patches, twice."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import (
    ConvNorm,
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    add_branch,
    join_heads,
    split_heads,
)

__all__ = ["DualSpikeAttention"]


@final
class DualSpikeAttention(nn.Module):
    r"""Spikes that meet two real-valued images of themselves, a residual that adds currents.

    With spikes X of the input and the two halves :math:`Y_1, Y_2` of a normalised patch
    convolution of X, for each head

    .. math:: A = \mathrm{LIF}(c_1 X Y_1^T), \qquad O = \mathrm{LIF}(c_2 A Y_2), \qquad
        \mathrm{out} = x + \mathrm{BN}(O W)

    Parameters
    ----------
    width, heads : int
        D and H; H divides D.
    patch : int
        p, side and step of the convolved patches; it divides H' and W' of the map.
    make : PopulationMaker
        Makes the neurons and the two products.
    drop : float, default 0.0
        Probability of dropping the branch.

    Notes
    -----
    :math:`c_1 = 1/\sqrt{f_X D/H}` and :math:`c_2 = 1/\sqrt{f_A N/p^2}` with running firing rates
    of X and A. In the twin and in the ordinary network A is a softmax over the N / p^2 patches with
    queries X and keys :math:`Y_1`, and :math:`Y_2` are its values.
    """

    def __init__(
        self, width: int, heads: int, *, patch: int, make: PopulationMaker, drop: float = 0.0
    ) -> None:
        super().__init__()
        self.heads = heads
        self.drop = drop
        self.lif = make.population()
        self.patch = ConvNorm(width, 2 * width, kernel=patch, stride=patch, padding=0)
        self.map, self.mix = make.product_pair(heads)
        self.attn_lif = make.population(rectified=False)
        self.out_lif = make.population(rectified=False)
        self.proj = LinearNorm(width, width)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the currents of the attention, maps [T, B, H, W, D]."""
        spikes = self.lif(x, context)
        # Each head owns 2 D / H neighbouring channels of the convolution: first its keys, then
        # its values.
        patches = split_heads(self.patch(spikes, context).flatten(2, 3), self.heads)
        keys, values = patches.chunk(2, dim=-1)
        queries = split_heads(spikes.flatten(2, 3), self.heads)
        weights = self.attn_lif(join_heads(self.map(queries, keys.transpose(-1, -2))), context)
        mixed = join_heads(self.mix(split_heads(weights, self.heads), values))
        branch = self.proj(self.out_lif(mixed, context), context).reshape(spikes.shape)
        return add_branch(x, branch, context, drop=self.drop, training=self.training)
