"""Maxima of 3 x 3 places that keep a byte an entry for their gradient."""

import itertools
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from spikedim.models.layers._compiled import as_array, inner_dtype, kernels, like_array, share

__all__ = ["Pooled", "pool_counts", "pool_in_front_of", "statistics"]

_SHARE = 1 << 17  # entries worth a thread


@final
class Pooled(NamedTuple):
    """Maxima, and the normalisation that is still to come."""

    y: Tensor
    weight: Tensor
    bias: Tensor


def pool_in_front_of(
    y: Tensor,
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    eps: float,
    *,
    batch: bool,
) -> Pooled:
    """Return the entries of maps [N, H, W, D] that are largest once normalised, not normalised.

    Where the gain is negative those are the smallest. With `batch`, mean and variance are those of
    `y`. Their share of the gradient is a combination of the gradients on gain and shift: these
    pass through here, so a normalisation with constant statistics may follow.
    """
    return Pooled(*_Pool.apply(y, weight, bias, mean, variance, eps, batch))  # type: ignore[no-untyped-call]


def statistics(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance [D] over all axes but the last, summed up in float64."""
    rows = as_array(y.detach().contiguous()).reshape(-1, y.shape[-1])
    pivot = y.detach().reshape(-1, y.shape[-1])[0].double().numpy()  # near the mean of each feature
    like, sums = like_array(y.dtype), np.zeros((torch.get_num_threads(), 2, y.shape[-1]))
    loops, busy = kernels(), itertools.count()
    share(
        lambda a, b: loops.moments(rows, pivot, like, sums[next(busy)], a, b),
        len(rows),
        smallest=_SHARE // y.shape[-1] + 1,
    )
    first, second = sums.sum(axis=0) / len(rows)
    variance = np.maximum(second - first * first, 0.0)
    variance[np.isnan(second)] = np.nan
    dtype = inner_dtype(y.dtype)
    return torch.from_numpy(pivot + first).to(dtype), torch.from_numpy(variance).to(dtype)


def pool_counts(x: Tensor) -> Tensor:
    """Return the maxima of maps [N, H, W, D]."""
    one = x.new_ones(x.shape[-1], dtype=inner_dtype(x.dtype))
    pooled: Tensor = _Pool.apply(x, one, one, one, one, 0.0, False)[0]  # type: ignore[no-untyped-call]
    return pooled


@final
class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        y: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        eps: float,
        batch: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        inner = inner_dtype(y.dtype)
        y = y.detach().contiguous()
        sign = torch.where(weight.detach() < 0, -1.0, 1.0).to(inner).numpy()
        count, height, width, channels = y.shape
        shape = (count, (height + 1) // 2, (width + 1) // 2, channels)
        out = torch.empty(shape, dtype=y.dtype)
        index = torch.empty(shape, dtype=torch.uint8)
        loops, arrays = kernels(), (as_array(y), sign, as_array(out), index.numpy())
        share(lambda a, b: loops.pool(*arrays, a, b), count)
        ctx.save_for_backward(index, weight, *((y, mean, variance) if batch else ()))
        ctx.eps, ctx.shape = eps, tuple(y.shape)
        return out, weight.clone(), bias.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any, gradient: Tensor, on_weight: Tensor, on_bias: Tensor
    ) -> tuple[Tensor | None, ...]:
        index, weight, *statistics = ctx.saved_tensors
        inner = inner_dtype(gradient.dtype)
        gradient = gradient.contiguous()
        if statistics:
            y, mean, variance = statistics
            count = y.numel() // y.shape[-1]
            rstd = 1 / torch.sqrt(variance.to(inner) + ctx.eps)
            scale = weight.to(inner) * rstd / count
            numbers = torch.stack([mean.to(inner), scale * rstd * on_weight, scale * on_bias])
        else:
            y = gradient.new_empty((0, 0, 0, 0))
            numbers = torch.zeros(3, ctx.shape[-1], dtype=inner)
        out = torch.empty(ctx.shape, dtype=gradient.dtype)
        arrays = (as_array(gradient), index.numpy(), as_array(y), numbers.numpy(), as_array(out))
        loops = kernels()
        share(lambda a, b: loops.unpool(*arrays, a, b), out.shape[0])
        return out, on_weight, on_bias, None, None, None, None
