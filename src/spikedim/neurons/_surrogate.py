"""A step function with a made-up slope: the interface of surrogate gradients."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spikedim._core import check_positive

__all__ = ["AbstractSurrogate"]


class _Fire(torch.autograd.Function):
    """Heaviside step forward; the surrogate's derivative, and only then, backward."""

    generate_vmap_rule = True

    @staticmethod
    def forward(distance: Tensor, surrogate: "AbstractSurrogate") -> Tensor:  # noqa: ARG004
        return (distance >= 0).to(distance.dtype)

    @staticmethod
    def setup_context(
        ctx: Any,
        inputs: tuple[Any, ...],
        output: Tensor,  # noqa: ARG004
    ) -> None:
        distance, ctx.surrogate = inputs
        ctx.save_for_backward(distance)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (distance,) = ctx.saved_tensors
        slope: Tensor = ctx.surrogate.derivative(distance)
        return gradients[0] * slope, None


class _FireBothWays(_Fire):
    """The same with forward-mode gradients, which torch.compile cannot trace."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _Fire.setup_context(ctx, inputs, output)
        ctx.save_for_forward(inputs[0])

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> Tensor:
        (distance,) = ctx.saved_tensors
        slope: Tensor = ctx.surrogate.derivative(distance)
        return tangent * slope


@dataclass(frozen=True)
class AbstractSurrogate(ABC):
    """Heaviside step whose gradient is that of a smooth function.

    Parameters
    ----------
    slope : float
        Sharpness a, in units of 1 / potential, above 0. The larger, the narrower the window of
        potentials that get a gradient.

    Raises
    ------
    InputError
        If `slope` is not a number above 0.

    Notes
    -----
    Calling it never evaluates the smooth function; the derivative is evaluated in the backward
    pass only. Works under `torch.func` (vjp, jvp, jacrev, vmap) and `torch.compile`.
    """

    slope: float

    def __post_init__(self) -> None:
        check_positive(self.slope, name="slope", caller=type(self).__name__)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return 1 where the distance u - v_th is at least 0, else 0."""
        step = _Fire if torch.compiler.is_compiling() else _FireBothWays
        spikes: Tensor = step.apply(distance, self)  # type: ignore[no-untyped-call]
        return spikes

    @abstractmethod
    def derivative(self, distance: Tensor) -> Tensor:
        """Return the slope that stands for the derivative of the step at u - v_th."""
