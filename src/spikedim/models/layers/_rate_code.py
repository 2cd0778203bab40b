"""Rates as a finite number of steps shows them: means of Bernoulli spikes."""

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim.models.layers._compiled import as_array, kernels, like_array, share

__all__ = ["code_rates"]

_INVERTED = 16  # steps up to which one uniform and the inverse distribution function are fastest
_CHUNK = 1 << 15  # values that stay in the cache of a core


def code_rates(rates: Tensor, *, steps: int, generator: torch.Generator) -> Tensor:
    """Return means of `steps` independent Bernoulli spikes, each of probability `rates`.

    Of rates in [0, 1]: exactly Binomial(steps, r) / steps but for the 24 bits of a uniform number
    (53 in float64). The gradient passes straight through to the rates.
    """
    drawn = rates.detach()
    inner = drawn.to(torch.float64 if drawn.dtype == torch.float64 else torch.float32)
    draw = _invert if steps <= _INVERTED else _draw
    code = draw(inner, steps, generator).to(rates.dtype)
    if not rates.requires_grad:
        return code
    passed: Tensor = _StraightThrough.apply(rates, code)  # type: ignore[no-untyped-call]
    return passed


def _draw(rates: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Return means of many steps."""
    chances = rates.nan_to_num(0.0)
    counts = torch.binomial(torch.full_like(rates, steps), chances, generator=generator)
    return counts.div_(steps).add_(rates - chances)  # NaN stays NaN


def _invert(rates: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Return means, each from one uniform number."""
    uniform = torch.rand(rates.shape, generator=generator, dtype=rates.dtype, device=rates.device)
    if rates.device.type != "cpu":
        return _count(rates, uniform, steps).div_(steps)
    if kernels() is not None and _has_memory(rates):
        return _invert_compiled(rates.contiguous(), uniform, steps)
    first, second = (torch.split(x.reshape(-1), _CHUNK) for x in (rates, uniform))
    counts = [_count(*pair, steps).div_(steps) for pair in zip(first, second, strict=True)]
    return torch.cat(counts).reshape(rates.shape)


def _has_memory(x: Tensor) -> bool:
    """Say whether a loop can read a tensor, which it cannot inside a transform or compiler."""
    inside = torch._C._functorch.peek_interpreter_stack() is not None
    return not (inside or torch.compiler.is_compiling()) and type(x) is Tensor


def _invert_compiled(rates: Tensor, uniform: Tensor, steps: int) -> Tensor:
    """Return the same in one loop, equal to a bit."""
    factors = [float(steps), *((steps - k + 1) / k for k in range(1, steps))]
    out = torch.empty_like(rates)
    loops, numbers = kernels(), np.asarray(factors, like_array(rates.dtype).dtype)
    arrays = [as_array(x).reshape(-1) for x in (rates, uniform)]
    target = as_array(out).reshape(-1)
    share(lambda a, b: loops.code(*arrays, numbers, target, a, b), out.numel(), smallest=_CHUNK)
    return out


def _count(rates: Tensor, uniform: Tensor, steps: int) -> Tensor:
    """Return how many values of the distribution function each uniform number has reached."""
    rare = torch.minimum(rates, 1 - rates)  # of spikes or of silence: odds stay at most 1
    left = 1 - rare
    odds, chance = rare / left, left.clone()
    for _ in range(steps - 1):
        chance.mul_(left)
    reached = chance.clone()
    counts = (uniform >= reached).to(rates.dtype)
    for k in range(1, steps):
        chance.mul_(odds).mul_((steps - k + 1) / k)
        reached.add_(chance)
        counts.add_(uniform >= reached)
    counts.add_(rare, alpha=0.0)  # NaN stays NaN
    return torch.where(rates > 0.5, steps - counts, counts)


@final
class _StraightThrough(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(rates: Tensor, code: Tensor) -> Tensor:  # noqa: ARG004
        return code.view_as(code)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ARG004
        return gradient, None
