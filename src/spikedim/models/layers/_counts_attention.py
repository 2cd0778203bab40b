"""Attention of spikes that keeps a byte for each of them."""

import math
from typing import Any, final

import torch
from torch import Tensor

from spikedim.models.layers._counts import counts_of, pack, unpack

__all__ = ["attend_counts", "may_attend_counts"]


def may_attend_counts(q: Tensor, k: Tensor, v: Tensor) -> bool:
    """Say whether all three are spikes or sums of spikes, of the same shape."""
    marked = all(counts_of(x) is not None for x in (q, k, v))
    return marked and q.shape == k.shape == v.shape


def attend_counts(q: Tensor, k: Tensor, v: Tensor, *, heads: int, scale: float) -> Tensor:
    """Return s q k^T v by head of [T, B, N, D].

    Integers do not mind which product comes first: the cheaper one does. Nor does a power of two
    mind where it is multiplied.
    """
    mixed: Tensor = _Attention.apply(q, k, v, heads, scale)  # type: ignore[no-untyped-call]
    return mixed


def _split(x: Tensor, heads: int) -> Tensor:
    """Return [T B H, N, d] of [T, B, N, D], contiguous."""
    tokens, width = x.shape[-2:]
    return (
        x.reshape(-1, tokens, heads, width // heads)
        .transpose(1, 2)
        .reshape(-1, tokens, width // heads)
    )


def _join(x: Tensor, shape: torch.Size) -> Tensor:
    """Return [T, B, N, D] of [T B H, N, d]."""
    steps, batch = shape[:2]
    return x.reshape(steps * batch, -1, *x.shape[1:]).transpose(1, 2).reshape(shape)


def _is_power_of_two(x: float) -> bool:
    return math.frexp(x)[0] == 0.5


@final
class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, heads: int, scale: float) -> Tensor:
        shape = q.shape
        q, k, v = (_split(x.detach(), heads) for x in (q, k, v))
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(*(pack(x) for x in (q, k, v)))
            ctx.given = shape, heads, scale, q.dtype
        early = scale if _is_power_of_two(scale) else 1.0
        if q.shape[1] > q.shape[2]:
            mixed = torch.bmm(q, torch.bmm(k.transpose(1, 2), v).mul_(early))
        else:
            mixed = torch.bmm(torch.bmm(q, k.transpose(1, 2)).mul_(early), v)
        mixed = _join(mixed, shape)
        return mixed if early == scale else mixed.mul_(scale)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        shape, heads, scale, dtype = ctx.given
        q, k, v = (unpack(x, dtype) for x in ctx.saved_tensors)
        g = _split(gradient, heads)
        if q.shape[1] > q.shape[2]:
            both = torch.bmm(k.transpose(1, 2), v).mul_(scale)
            on_both = torch.bmm(q.transpose(1, 2), g).mul_(scale)
            on_q = torch.bmm(g, both.transpose(1, 2))
            on_k, on_v = torch.bmm(v, on_both.transpose(1, 2)), torch.bmm(k, on_both)
        else:
            seen = torch.bmm(q, k.transpose(1, 2)).mul_(scale)
            on_seen = torch.bmm(g, v.transpose(1, 2)).mul_(scale)
            on_q, on_k = torch.bmm(on_seen, k), torch.bmm(on_seen.transpose(1, 2), q)
            on_v = torch.bmm(seen.transpose(1, 2), g)
        return *(_join(x, shape) for x in (on_q, on_k, on_v)), None, None
