"""The gradient of a normalised layer of neurons, written by hand: only its input is kept."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["AbstractLoops", "Layer", "NormLIFFunction"]


@final
@dataclass(frozen=True)
class Layer:
    """Numbers of one call; tensors detached, contiguous, per-channel ones in the inner type."""

    parameters: LIFParameters
    surrogate: AbstractSurrogate | None
    steps: int
    y: Tensor
    mean: Tensor
    scale: Tensor
    shift: Tensor
    membrane: Tensor | None
    pending: Tensor | None


class AbstractLoops(ABC):
    """Ways to run the loops; the tensors they return are new unless stated."""

    @abstractmethod
    def statistics(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and biased variance [C] over steps and rows, float64."""

    @abstractmethod
    def forward(
        self, layer: Layer, residual: Tensor | None, keep: bool, *, overwrite: bool = False
    ) -> tuple[Tensor, Tensor | None, bool]:
        """Return outputs, the last membrane if it is kept, and whether all membranes are finite.

        With `overwrite` the outputs may take the memory of y.
        """

    @abstractmethod
    def backward(
        self, layer: Layer, gradient: Tensor, gradient_last: Tensor | None, first: bool
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return gradients on y, their sums [2, C], and on the first membrane if asked for.

        The statistics count as constants. The sums, float64, are those over steps and rows of the
        gradient x on the current, and of x (y - mean).
        """

    @abstractmethod
    def centre(self, layer: Layer, gradient: Tensor, level: Tensor, slope: Tensor) -> Tensor:
        """Return gradient - level - slope (y - mean); may write to `gradient`."""


@final
class Given:
    """What a call is given besides the tensors that may get gradients."""

    def __init__(
        self,
        loops: AbstractLoops,
        parameters: LIFParameters,
        surrogate: AbstractSurrogate | None,
        *,
        steps: int,
        mean: Tensor | None,
        variance: Tensor | None,
        batch: bool,
        eps: float,
        pending: Tensor | None,
        keep: bool,
        dtype: torch.dtype,
    ) -> None:
        self.loops, self.parameters, self.surrogate = loops, parameters, surrogate
        self.steps, self.batch, self.eps, self.keep = steps, batch, eps, keep
        self.mean = None if mean is None else mean.detach().to(dtype, copy=True)
        self.variance = None if variance is None else variance.detach().to(dtype, copy=True)
        self.pending = None if pending is None else pending.detach().contiguous()
        self.dtype = dtype
        self.finite = True

    def layer(
        self, y: Tensor, weight: Tensor | None, bias: Tensor | None, membrane: Tensor | None
    ) -> Layer:
        """Return the numbers of the loops, the scale computed as the plain operations do."""
        y = y.detach().contiguous()
        if weight is None or bias is None or self.mean is None or self.variance is None:
            mean = shift = torch.zeros(y.shape[2], dtype=self.dtype, device=y.device)
            scale = torch.ones_like(mean)
        else:
            mean, shift = self.mean, bias.detach().to(self.dtype)
            scale = weight.detach().to(self.dtype) * torch.rsqrt(self.variance + self.eps)
        return Layer(
            parameters=self.parameters,
            surrogate=self.surrogate,
            steps=self.steps,
            y=y,
            mean=mean,
            scale=scale,
            shift=shift,
            membrane=None if membrane is None else membrane.detach().contiguous(),
            pending=self.pending,
        )

    def forward(
        self,
        y: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        residual: Tensor | None,
        membrane: Tensor | None,
        *,
        overwrite: bool,
    ) -> tuple[Tensor, Tensor | None]:
        """Return outputs and the last membrane if it is kept; note whether all are finite."""
        added = None if residual is None else residual.detach().contiguous()
        with torch.no_grad():
            layer = self.layer(y, weight, bias, membrane)
            out, last, self.finite = self.loops.forward(
                layer, added, self.keep, overwrite=overwrite
            )
        return out, last


@final
class NormLIFFunction(torch.autograd.Function):
    """Outputs and last membrane; the backward pass computes the membranes again from `y`."""

    @staticmethod
    def forward(
        ctx: Any,
        y: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        residual: Tensor | None,
        membrane: Tensor | None,
        given: Given,
    ) -> tuple[Tensor, Tensor | None]:
        """Run the steps."""
        layer = given.layer(y, weight, bias, membrane)
        out, last, finite = given.loops.forward(
            layer, None if residual is None else residual.detach().contiguous(), given.keep
        )
        given.finite = finite
        ctx.save_for_backward(layer.y, weight, bias, membrane)
        ctx.set_materialize_grads(False)
        ctx.given = given
        ctx.repeated = residual is not None and residual.shape[0] < given.steps
        return out, last

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any, gradient: Tensor | None, gradient_last: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """Recompute the membranes and go back over the steps."""
        y, weight, bias, membrane = ctx.saved_tensors
        given: Given = ctx.given
        wants = ctx.needs_input_grad
        on_residual = None
        if wants[3] and gradient is not None:
            on_residual = gradient.sum(dim=0, keepdim=True) if ctx.repeated else gradient
        if not (wants[0] or wants[1] or wants[2] or wants[4]):
            return None, None, None, on_residual, None, None
        layer = given.layer(y, weight, bias, membrane)
        if gradient is None:
            gradient = torch.zeros((given.steps, *y.shape[1:]), dtype=y.dtype, device=y.device)
        on_y, sums, first = given.loops.backward(layer, gradient, gradient_last, wants[4])
        if weight is None or bias is None or given.variance is None:
            return on_y, None, None, on_residual, first, None
        rstd = torch.rsqrt(given.variance + given.eps)
        total, moment = sums.to(layer.scale.dtype)
        if given.batch and wants[0]:
            rows = y.shape[0] * y.shape[1]
            on_y = given.loops.centre(
                layer,
                on_y,
                layer.scale * total / rows,
                layer.scale * rstd.square() * moment / rows,
            )
        on_weight, on_bias = (moment * rstd).to(weight.dtype), total.to(bias.dtype)
        return on_y, on_weight, on_bias, on_residual, first, None
