"""Rates as a finite number of steps shows them: means of Bernoulli spikes."""

from typing import Any, final

import torch
from torch import Tensor

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
    counts = (
        _invert(inner, steps, generator) if steps <= _INVERTED else _draw(inner, steps, generator)
    )
    code = counts.div_(steps).to(rates.dtype)
    if not rates.requires_grad:
        return code
    passed: Tensor = _StraightThrough.apply(rates, code)  # type: ignore[no-untyped-call]
    return passed


def _draw(rates: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Return binomial counts of many steps."""
    chances = rates.nan_to_num(0.0)
    counts = torch.binomial(torch.full_like(rates, steps), chances, generator=generator)
    return counts.add_(rates - chances)  # NaN stays NaN


def _invert(rates: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Return binomial counts, each from one uniform number."""
    uniform = torch.rand(rates.shape, generator=generator, dtype=rates.dtype, device=rates.device)
    if rates.device.type != "cpu":
        return _count(rates, uniform, steps)
    first, second = (torch.split(x.reshape(-1), _CHUNK) for x in (rates, uniform))
    counts = [_count(*pair, steps) for pair in zip(first, second, strict=True)]
    return torch.cat(counts).reshape(rates.shape)


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
