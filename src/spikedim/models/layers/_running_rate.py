"""Firing rate of every head, remembered as batch normalisation remembers its statistics."""

from typing import ClassVar, final

import torch
from torch import Tensor, nn

from spikedim.models.layers._joint_statistics import gathered, processes

__all__ = ["RunningRate"]


@final
class RunningRate(nn.Module):
    """Running mean of the activity of each head, for scales that depend on it.

    Parameters
    ----------
    heads : int
        H.
    momentum : float, optional
        Weight of the newest batch; None for the average over all batches since the last reset.

    Attributes
    ----------
    synchronised : bool
        Whether rates are those of all processes.
    running_rate : Tensor of shape [1, 1, H, 1, 1]
        Rates in [0, 1]; 0 for a head that never fired in training. The shape is that of the
        released checkpoints.

    Notes
    -----
    A rate is that of one process, as in the released code, unless
    `spikedim.models.synchronise_norms` makes it that of all. In bfloat16 or float16 weights a
    momentum of .001 is lost in the rounding: train with float32 weights under autocast.
    """

    # The first forward pass of the published sizes has rates of .03 to .15 (.4 behind the
    # max-pooled stem): the scale, an inverse root, is then right within a factor of 1.8 (2.9).
    prior: ClassVar[float] = 0.05

    running_rate: Tensor
    batches: Tensor
    synchronised: bool = False

    def __init__(self, heads: int, *, momentum: float | None = 0.001) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("running_rate", torch.zeros(1, 1, heads, 1, 1))
        self.register_buffer("batches", torch.tensor(0), persistent=False)

    def reset_running_stats(self) -> None:
        """Forget all rates."""
        self.running_rate.zero_()
        self.batches.zero_()

    def forward(self, activity: Tensor) -> Tensor:
        """Return rates [1, 1, H, 1, 1] above 0; in training after noting those of `activity`.

        `activity` is [T, B, H, N, D], spikes.
        """
        if self.training:
            self._remember(activity)
        # A rate of 0 is unknown, not small: the scale would be infinite, and 0 times infinity is
        # NaN, which never reaches a threshold. The rate of this very call is no way out, since
        # samples would then depend on their batch and steps on later ones: a constant is.
        return torch.where(self.running_rate > 0, self.running_rate, self.prior)

    def _remember(self, activity: Tensor) -> None:
        """Move each rate towards that of a batch; the first batch that fires sets it."""
        with torch.no_grad():
            kept = self.running_rate
            rate = self._rate(activity)
            self.batches.add_(1)
            if self.momentum is None:
                kept.lerp_(rate, 1 / self.batches.to(kept.dtype))
            else:
                kept.lerp_(rate, torch.full_like(kept, self.momentum).masked_fill(kept == 0, 1.0))

    def _rate(self, activity: Tensor) -> Tensor:
        """Return the rate of each head in this batch, or in those of all processes."""
        axes = (0, 1, 3, 4)
        kind = self.running_rate.dtype
        if not self.synchronised or processes() == 1:
            return activity.mean(dim=axes, keepdim=True, dtype=kind)
        spikes = activity.sum(dim=axes, dtype=torch.float64)
        count = spikes.new_full((1,), activity.numel() // activity.shape[2])
        total = gathered(torch.cat([spikes, count])).sum(dim=0)
        return (total[:-1] / total[-1]).to(kind).reshape(self.running_rate.shape)

    def extra_repr(self) -> str:
        """Return heads and momentum for `repr`."""
        return f"{self.running_rate.shape[2]}, momentum={self.momentum}"
