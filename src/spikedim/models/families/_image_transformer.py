"""Models that see images or sequences of images."""

from abc import ABC

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.models.families._known_values import are_values_known
from spikedim.models.families._transformer import AbstractSpikingTransformer

__all__ = ["AbstractImageTransformer"]


class AbstractImageTransformer(AbstractSpikingTransformer, ABC):
    """A spiking transformer of images [B, channels, H, W] or sequences of them."""

    def read_input(self, x: Tensor) -> tuple[Tensor, int | None]:
        """Return channels-last maps [T or 1, B, H, W, channels], and T of a sequence."""
        shape = self.card.input_shape
        axes = ", ".join(str(extent) for extent in shape)
        if not isinstance(x, Tensor) or not x.is_floating_point():
            got = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise InputError(f"forward: `x` must be a floating tensor [B, {axes}]; got {got}.")
        if x.ndim not in (4, 5) or tuple(x.shape[-3:]) != shape or 0 in x.shape:
            raise InputError(
                f"forward: `x` must be images [B, {axes}] or a sequence [T, B, {axes}]; "
                f"got shape {tuple(x.shape)}. Resize it, or build the model with `side=`."
            )
        if x.dtype != self.head.weight.dtype:
            raise InputError(
                f"forward: `x` must have the type of the weights, {self.head.weight.dtype}; "
                f"got {x.dtype}. Convert one of them with `.to(...)`."
            )
        if are_values_known(x) and not torch.isfinite(x).all():
            raise InputError("forward: `x` must be finite; got NaN or infinity. Clean the data.")
        static = x.ndim == 4
        return (x[None] if static else x).movedim(-3, -1), None if static else x.shape[0]
