"""Spike-driven self-attention 1: keys and values gate the queries, nothing is multiplied."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import (
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    SoftmaxProduct,
    add_branch,
    fire,
    max_pool,
)

__all__ = ["SpikeDrivenAttention"]


@final
class SpikeDrivenAttention(nn.Module):
    """Each feature of the queries passes if its keys and values met often enough.

    Parameters
    ----------
    width, heads : int
        D and H; H divides D. Without `pool` only twin and ordinary network depend on H.
    make : PopulationMaker
        Makes the neurons.
    pool : bool, default False
        Whether spikes are dilated by 3 x 3 maxima at stride 1, as the event form does.
    drop : float, default 0.0
        Probability of dropping the branch.

    Notes
    -----
    With spikes q, k, v [T, B, N, D] of the spikes of x, and g the spikes, at half the threshold, of
    the sum over tokens of k * v, the output is x + Norm(W(q * g)): masks and sums, no product of
    matrices.

    The event form takes the maxima in this order, all of spikes, as the released code does: of k
    and of v over the places of the map, of k * v over the plane of tokens and features of a head,
    and of q * g over that plane. There it is called eroding, though maxima of spikes dilate.

    The product of the twin and of the ordinary network is softmax(q k^T / sqrt(D / H)) v, which
    gives each token values of its own: N x D numbers where the gate has 1 x D spikes. Its maxima
    are those of k and v; the other two belong to the gate.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        make: PopulationMaker,
        pool: bool = False,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.lif = make.population()
        self.q, self.k, self.v = (LinearNorm(width, width) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = (make.population(rectified=False) for _ in range(3))
        self.product = None if make.coding.spiking else SoftmaxProduct(heads)
        self.talking_heads_lif = make.population(threshold=0.5, rectified=False)
        self.proj = LinearNorm(width, width, bias=True)
        self.heads = heads
        self.pool = pool
        self.drop = drop

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return x plus the currents of the attention, [T, B, H, W, D]."""
        spikes = self.lif(x, context)
        q = fire(spikes, self.q, self.q_lif, context)
        k = fire(spikes, self.k, self.k_lif, context)
        v = fire(spikes, self.v, self.v_lif, context)
        if self.pool:
            k, v = max_pool(k, stride=1), max_pool(v, stride=1)
        q, k, v = (y.flatten(2, 3) for y in (q, k, v))
        if self.product is None:
            mixed = self._gate(q, k, v, context)
        else:
            mixed = self.talking_heads_lif(self.product(q, k, v), context)
        branch = self.proj(mixed.reshape(mixed.shape[:2] + x.shape[2:]), context)
        return add_branch(x, branch, context, drop=self.drop, training=self.training)

    def _gate(self, q: Tensor, k: Tensor, v: Tensor, context: ForwardPass) -> Tensor:
        """Return the queries [T, B, N, D] that pass."""
        met = self._dilate(k * v).sum(dim=2, keepdim=True)
        return self._dilate(q * self.talking_heads_lif(met, context))

    def _dilate(self, x: Tensor) -> Tensor:
        """Return the maxima over 3 neighbouring tokens by 3 features of a head, if wanted."""
        if not self.pool:
            return x
        planes = x.reshape(*x.shape[:-1], self.heads, -1).transpose(-1, -2)  # [T, B, N, D / H, H]
        return max_pool(planes, stride=1).transpose(-1, -2).flatten(-2)
