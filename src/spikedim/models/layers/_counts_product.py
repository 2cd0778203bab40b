"""Products of spikes or sums of spikes that keep a byte an entry for their gradient."""

from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from spikedim.models.layers._counts import Counts, unpack
from spikedim.models.layers._rounded import rounded

__all__ = ["convolve_counts", "map_counts"]


def map_counts(x: Tensor, counts: Counts, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return W x + b."""
    if _plain(x, weight, bias):
        return functional.linear(x, rounded(weight, x.dtype), _cast(bias, x))
    y: Tensor = _Linear.apply(x, counts.packed(x), weight, bias)  # type: ignore[no-untyped-call]
    return y


def convolve_counts(
    x: Tensor,
    counts: Counts,
    weight: Tensor,
    bias: Tensor | None,
    stride: int,
    padding: int,
    groups: int,
) -> Tensor:
    """Return the convolution [N, H', W', D'] of maps [N, H, W, D]."""
    if _plain(x, weight, bias):
        return _convolved(x, rounded(weight, x.dtype), _cast(bias, x), stride, padding, groups)
    y: Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
        x, counts.packed(x), weight, bias, stride, padding, groups
    )
    return y


def _plain(x: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    """Say whether no gradient will be asked for."""
    wants = x.requires_grad or weight.requires_grad or (bias is not None and bias.requires_grad)
    return not (torch.is_grad_enabled() and wants)


def _cast(bias: Tensor | None, x: Tensor) -> Tensor | None:
    return None if bias is None else bias.to(x.dtype)


def _channels_first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def _convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, groups: int
) -> Tensor:
    y = functional.conv2d(_channels_first(x), weight, bias, stride, padding, groups=groups)
    return y.permute(0, 2, 3, 1).contiguous()


@final
class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, packed: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(packed, weight)
        ctx.bias_dtype = None if bias is None else bias.dtype
        return functional.linear(x, weight.to(x.dtype), _cast(bias, x))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        packed, weight = ctx.saved_tensors
        wants_x, _, wants_weight, wants_bias = ctx.needs_input_grad
        on_x = gradient @ weight.to(gradient.dtype) if wants_x else None
        rows = gradient.reshape(-1, gradient.shape[-1])
        on_weight = on_bias = None
        if wants_weight:
            x = unpack(packed, gradient.dtype).reshape(-1, packed.shape[-1])
            on_weight = _outer(rows, x).to(weight.dtype)
        if wants_bias:
            on_bias = rows.sum(dim=0, dtype=ctx.bias_dtype)
        return on_x, None, on_weight, on_bias


def _outer(g: Tensor, x: Tensor) -> Tensor:
    """Return g^T x of [M, N] and [M, K]; in bfloat16 the narrower one is transposed first."""
    if g.dtype != torch.bfloat16 or g.shape[1] == x.shape[1]:
        return g.t() @ x
    if g.shape[1] < x.shape[1]:
        return g.t().contiguous() @ x
    return (x.t().contiguous() @ g).t()


@final
class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        packed: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: int,
        padding: int,
        groups: int,
    ) -> Tensor:
        ctx.save_for_backward(packed, weight)
        ctx.shape = stride, padding, groups
        ctx.bias_dtype = None if bias is None else bias.dtype
        return _convolved(x, weight.to(x.dtype), _cast(bias, x), stride, padding, groups)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        packed, weight = ctx.saved_tensors
        stride, padding, groups = ctx.shape
        wants_x, _, wants_weight, wants_bias, *_ = ctx.needs_input_grad
        on_x, on_weight, _ = torch.ops.aten.convolution_backward(
            _channels_first(gradient),
            _channels_first(unpack(packed, gradient.dtype)),
            weight.to(gradient.dtype),
            None,
            [stride] * 2,
            [padding] * 2,
            [1, 1],
            False,
            [0, 0],
            groups,
            [wants_x, wants_weight, False],
        )
        return (
            on_x.permute(0, 2, 3, 1) if wants_x else None,
            None,
            on_weight.to(weight.dtype) if wants_weight else None,
            gradient.sum(dim=(0, 1, 2), dtype=ctx.bias_dtype) if wants_bias else None,
            *(None, None, None),
        )
