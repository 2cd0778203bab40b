"""Rates as a finite number of steps shows them: means of spikes."""

import functools
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import InputError, check_choice, check_integer, load_loops
from spikedim.circuits import RateCode
from spikedim.models.layers._compiled import as_array, like_array, share

__all__ = ["code_named", "needs_generator", "send_rates"]

_INVERTED = 16  # steps up to which one uniform and the inverse distribution function are fastest
_BITWISE = 256  # and up to which random bits beat rejection, whose cost does not grow
_SINGLE = 1 << 22  # and up to which float32 counts have the variance they should
_MOST = 1 << 50  # steps: float64 tells all counts up to here apart
_CHUNK = 1 << 15  # values that stay in the cache of a core
_HALF = 0.5  # phase of the deterministic code: its count is the nearest whole number


def send_rates(
    rates: Tensor,
    *,
    steps: int,
    code: RateCode | str = RateCode.BERNOULLI,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return what T spikes of each rate say of it: `spikedim.models.code_rates` has the laws.

    Values of the rates are not looked at, so that transforms of functions pass; NaN stays NaN.
    """
    law = code_named(code, caller="code_rates")
    steps = _checked_steps(steps)
    _check_rates(rates)
    if needs_generator(law) and not isinstance(generator, torch.Generator):
        raise InputError(
            f"code_rates: `generator` must be a torch.Generator for the code {law}; "
            f"got {generator!r}. Pass `torch.Generator().manual_seed(0)`."
        )
    if (
        needs_generator(law)
        and generator is not None
        and generator.device.type != rates.device.type
    ):
        raise InputError(
            f"code_rates: `generator` must be on the device of the rates, {rates.device}; got one "
            f"on {generator.device}. Pass `torch.Generator(rates.device)`."
        )
    if not rates.requires_grad:
        return _coded(rates, steps, law, generator)
    passed: Tensor = _StraightThrough.apply(rates, steps, law, generator)  # type: ignore[no-untyped-call]
    return passed


def _checked_steps(steps: object) -> int:
    """Return T, or raise `InputError` unless float64 tells all its counts apart."""
    found = check_integer(steps, name="steps", caller="code_rates")
    if found > _MOST:
        raise InputError(
            f"code_rates: `steps` must be at most 2**50; got one of {found.bit_length()} bits. "
            "Exact rates need no steps."
        )
    return found


def _check_rates(rates: object) -> None:
    if not isinstance(rates, Tensor) or not rates.is_floating_point():
        got = rates.dtype if isinstance(rates, Tensor) else type(rates).__name__
        raise InputError(
            f"code_rates: `rates` must be a tensor of floats; got {got}. Convert it to "
            "torch.float32."
        )


def code_named(code: RateCode | str, *, caller: str) -> RateCode:
    """Return the code of a name, or raise `InputError`."""
    return RateCode(check_choice(code, RateCode, name="code", caller=caller))


def needs_generator(code: RateCode) -> bool:
    """Say whether something is drawn."""
    return code is not RateCode.SIGMA_DELTA


@functools.cache
def kernels() -> Any:
    """Return the module of the loops; None where numba is absent, broken or switched off."""
    return load_loops("spikedim.models.layers._code_kernels")


def _coded(rates: Tensor, steps: int, code: RateCode, generator: torch.Generator | None) -> Tensor:
    """Return the means without a gradient."""
    drawn = rates.detach()
    inner = drawn.to(torch.float64 if drawn.dtype == torch.float64 else torch.float32)
    if code is not RateCode.BERNOULLI:
        return _round(inner, steps, _phase(inner, code, generator)).to(rates.dtype)
    if steps <= _INVERTED:
        return _invert(inner, steps, generator).to(rates.dtype)
    if steps <= _BITWISE and rates.device.type == "cpu" and kernels() and _has_memory(inner):
        return _compare_bits(inner.contiguous(), steps, generator).to(rates.dtype)
    return _draw(inner, steps, generator).to(rates.dtype)


# --- sigma-delta: the nearest count, or one of the two around a rate ------------------------------


def _phase(rates: Tensor, code: RateCode, generator: torch.Generator | None) -> Tensor:
    """Return where the membranes start, as a share of the threshold: one number or one for each."""
    double, device = torch.float64, rates.device
    if code is RateCode.SIGMA_DELTA:
        return torch.full((), _HALF, dtype=double, device=device)
    # As `RandomPhaseEncoder` draws.
    return torch.rand(rates.shape, generator=generator, dtype=double, device=device)


def _round(rates: Tensor, steps: int, phase: Tensor) -> Tensor:
    """Return floor(r T + phase) / T, in float64: a product in float32 may round up to the next."""
    if rates.device.type != "cpu" or kernels() is None or not _has_memory(rates):
        counts = (rates.double() * steps + phase).floor_()
        return counts.clamp(max=steps).div_(steps).to(rates.dtype)
    rates = rates.contiguous()
    out = torch.empty_like(rates)
    loops, arrays = kernels(), [as_array(x).reshape(-1) for x in (rates, phase)]
    target, count = as_array(out).reshape(-1), float(steps)
    share(lambda a, b: loops.shift(*arrays, count, target, a, b), out.numel(), smallest=_CHUNK)
    return out


# --- Bernoulli: binomial counts -------------------------------------------------------------------


def _draw(rates: Tensor, steps: int, generator: torch.Generator | None) -> Tensor:
    """Return means of many steps."""
    chances = rates.nan_to_num(0.0)
    drawn = chances.double() if steps > _SINGLE else chances
    counts = torch.binomial(torch.full_like(drawn, steps), drawn, generator=generator)
    return counts.div_(steps).to(rates.dtype).add_(rates - chances)  # NaN stays NaN


def _compare_bits(rates: Tensor, steps: int, generator: torch.Generator | None) -> Tensor:
    """Return means of spikes that compare random bits with those of the rate."""
    keys = torch.empty(2, dtype=torch.int64).random_(generator=generator)
    words, out = keys.numpy().view(np.uint64), torch.empty_like(rates)
    loops, source, target = kernels(), as_array(rates).reshape(-1), as_array(out).reshape(-1)
    share(
        lambda a, b: loops.binomial(source, words, steps, target, a, b),
        out.numel(),
        smallest=_CHUNK,
    )
    return out


def _invert(rates: Tensor, steps: int, generator: torch.Generator | None) -> Tensor:
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
    share(lambda a, b: loops.invert(*arrays, numbers, target, a, b), out.numel(), smallest=_CHUNK)
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
    """Codes inside, where a transform has unwrapped the rates."""

    generate_vmap_rule = True

    @staticmethod
    def forward(
        rates: Tensor, steps: int, code: RateCode, generator: torch.Generator | None
    ) -> Tensor:
        return _coded(rates, steps, code, generator)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ARG004
        return gradient, None, None, None
