"""Statistics of a batch whose samples are spread over the processes of torch.distributed."""

from typing import Any, NamedTuple, final

import torch
from torch import Tensor, distributed

__all__ = ["JointStatistics", "gathered", "joint_statistics", "pass_through", "processes"]


@final
class JointStatistics(NamedTuple):
    """Mean and biased variance [D] in float64, and how many values they are of.

    Parameters
    ----------
    mean : Tensor of shape [D]
        Over all processes.
    variance : Tensor of shape [D]
        Biased.
    size : int
        Values a feature.
    """

    mean: Tensor
    variance: Tensor
    size: int


def processes() -> int:
    """Return how many processes train together; 1 without a process group."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return 1
    return distributed.get_world_size()


def gathered(row: Tensor) -> Tensor:
    """Return the rows [K] of all processes, in one order, so that their sums are equal to a bit."""
    rows = [torch.empty_like(row) for _ in range(processes())]
    distributed.all_gather(rows, row.contiguous())
    return torch.stack(rows)


def joint_statistics(rows: Tensor) -> JointStatistics:
    """Return the statistics of the rows [n, D] of all processes; n may differ between them."""
    inner = torch.float64 if rows.dtype == torch.float64 else torch.float32
    with torch.no_grad():
        variance, mean = torch.var_mean(rows.detach().to(inner), dim=0, correction=0)
        count = torch.full((1,), len(rows), dtype=torch.float64, device=rows.device)
        every = gathered(torch.cat([count, mean.double(), variance.double()]))
        weights = every[:, :1] / every[:, :1].sum()
        means, variances = every[:, 1:].chunk(2, dim=1)
        mean = (weights * means).sum(dim=0)
        variance = (weights * (variances + (means - mean).square())).sum(dim=0)
        return JointStatistics(mean, variance, int(every[:, 0].sum()))


def pass_through(
    y: Tensor, weight: Tensor, bias: Tensor, found: JointStatistics, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the arguments, for a normalisation that takes `found` as constants.

    Their share of the gradient on `y` [..., D] is a combination of the gradients on gain and shift,
    of all processes: the backward pass of each waits for the others here.
    """
    passed: tuple[Tensor, Tensor, Tensor] = _Shared.apply(y, weight, bias, *found, eps)  # type: ignore[no-untyped-call]
    return passed


@final
class _Shared(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        y: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        size: int,
        eps: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        ctx.save_for_backward(y, weight, mean, variance)
        ctx.size, ctx.eps = size, eps
        return y.view_as(y), weight.view_as(weight), bias.view_as(bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any, gradient: Tensor, on_weight: Tensor, on_bias: Tensor
    ) -> tuple[Tensor | None, ...]:
        y, weight, mean, variance = ctx.saved_tensors
        sums = gathered(torch.cat([on_weight, on_bias]).double()).sum(dim=0)
        slopes, levels = sums.chunk(2)
        rstd = torch.rsqrt(variance + ctx.eps)
        scale = weight.double() * rstd / ctx.size
        slope, level = scale * rstd * slopes, scale * levels - scale * rstd * slopes * mean
        own = y.dtype if y.dtype == torch.float64 else torch.float32
        joint = torch.addcmul(level.to(own), y.to(own), slope.to(own))
        return (gradient - joint).to(gradient.dtype), on_weight, on_bias, None, None, None, None
