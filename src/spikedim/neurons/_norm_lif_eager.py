"""The loops of a normalised layer of neurons as tensor operations, for where nothing compiles."""

from typing import final

import torch
from torch import Tensor

from spikedim.neurons._lif_step import integrate, settle
from spikedim.neurons._norm_lif_function import AbstractLoops, Layer
from spikedim.neurons._parameters import Reset
from spikedim.neurons._state import LIFState, init_state

__all__ = ["EagerLoops"]


@final
class EagerLoops(AbstractLoops):
    """Loops that keep nothing between the passes either, on any device."""

    def statistics(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and biased variance [C] over steps and rows, float64."""
        wide = y.to(torch.float64)
        variance, mean = torch.var_mean(wide, dim=(0, 1), correction=0)
        return mean, variance

    def forward(
        self,
        layer: Layer,
        residual: Tensor | None,
        keep: bool,
        *,
        overwrite: bool = False,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor | None, bool]:
        """Return outputs, the last membrane if it is kept, and whether all membranes are finite."""
        outputs, state = [], _start(layer)
        for t in range(layer.steps):
            state = _advance(layer, state, t)
            outputs.append(state.pending.to(layer.y.dtype))
        out = torch.stack(outputs)
        out = out if residual is None else residual + out
        finite = bool(torch.isfinite(state.membrane).all())
        return out, state.membrane if keep else None, finite

    def backward(
        self, layer: Layer, gradient: Tensor, gradient_last: Tensor | None, first: bool
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return gradients on y, their sums [2, C], and on the first membrane if asked for."""
        states = [_start(layer)]
        for t in range(layer.steps):
            states.append(_advance(layer, states[-1], t))
        neuron, y, scale = layer.parameters, layer.y, layer.scale
        future = torch.zeros_like(states[0].membrane) if gradient_last is None else gradient_last
        out = torch.zeros(y.shape, dtype=scale.dtype, device=y.device)
        for t in reversed(range(layer.steps)):
            here = gradient[t].to(scale.dtype)
            if layer.surrogate is not None:
                distance = states[t + 1].membrane - neuron.threshold
                future = future + here * layer.surrogate.derivative(distance)
            out[t if y.shape[0] > 1 else 0] += neuron.gain * future
            future = neuron.leak * future
            if neuron.reset is Reset.HARD:
                future = future * (1 - states[t].pending)
        away = y.to(scale.dtype) - layer.mean
        sums = torch.stack([out.sum(dim=(0, 1)), (out * away).sum(dim=(0, 1))])
        return (out * scale).to(y.dtype), sums.to(torch.float64), future if first else None

    def centre(self, layer: Layer, gradient: Tensor, level: Tensor, slope: Tensor) -> Tensor:
        """Return gradient - level - slope (y - mean)."""
        wide = gradient.to(slope.dtype) - (level + slope * (layer.y.to(slope.dtype) - layer.mean))
        return wide.to(gradient.dtype)


def _start(layer: Layer) -> LIFState:
    like = layer.scale
    state = init_state(
        tuple(layer.y.shape[1:]), layer.parameters, dtype=like.dtype, device=like.device
    )
    if layer.membrane is not None and layer.pending is not None:
        return state._replace(membrane=layer.membrane, pending=layer.pending)
    return state


def _advance(layer: Layer, state: LIFState, t: int) -> LIFState:
    """Return the state after step t; its pending reset is the spike."""
    now = layer.y[t if layer.y.shape[0] > 1 else 0].to(layer.scale.dtype)
    current = (now - layer.mean) * layer.scale + layer.shift
    membrane = integrate(current, state, layer.parameters, layer.parameters.leak)
    fired = (membrane >= layer.parameters.threshold).to(membrane.dtype)
    return settle(fired, membrane, state, layer.parameters)[1]
