"""Products of the activity of each head with real values, and what they become without spikes."""

from abc import ABC, abstractmethod
from typing import final

from torch import Tensor, nn

from spikedim.models.layers._running_rate import RunningRate

__all__ = ["AbstractHeadProduct", "RateScaledProduct", "SoftmaxWeights", "WeightedSum"]


class AbstractHeadProduct(nn.Module, ABC):
    """What stands between the activity of each head, values, and the next neurons."""

    @abstractmethod
    def forward(self, activity: Tensor, values: Tensor) -> Tensor:
        """Return [T, B, H, N, M] of activity [T, B, H, N, K] and values [T, B, H, K, M]."""


@final
class RateScaledProduct(AbstractHeadProduct):
    """Spikes times values, divided by the root of the spikes that a sum of K terms expects.

    Parameters
    ----------
    heads : int
        H.

    Notes
    -----
    With values of variance 1 and spikes of rate f the sum has variance f K, so that the quotient
    by sqrt(f K) has variance 1 whatever the rate. f is a `RunningRate`.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.rate = RunningRate(heads)

    def forward(self, activity: Tensor, values: Tensor) -> Tensor:
        """Return currents of variance near 1."""
        rate: Tensor = self.rate(activity)
        scale = (rate * activity.shape[-1]).rsqrt()
        scaled = values * scale.to(values.dtype)  # fewer numbers than the product has
        return activity @ scaled


@final
class SoftmaxWeights(AbstractHeadProduct):
    """The map without spikes: convex weights of a query on all keys, softmax(Q K / sqrt(K))."""

    def forward(self, activity: Tensor, values: Tensor) -> Tensor:
        """Return weights in [0, 1] that sum to 1 over the last axis."""
        weights: Tensor = (activity @ values * activity.shape[-1] ** -0.5).softmax(dim=-1)
        return weights


@final
class WeightedSum(AbstractHeadProduct):
    """The mixture without spikes: values weighted by a map, no scale."""

    def forward(self, activity: Tensor, values: Tensor) -> Tensor:
        """Return convex combinations of the values."""
        return activity @ values
