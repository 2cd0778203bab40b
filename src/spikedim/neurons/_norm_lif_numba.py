"""The loops of a normalised layer of neurons, compiled: how tensors get there, on which threads."""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import load_loops, run_ranges
from spikedim.neurons._atan_surrogate import ATanSurrogate
from spikedim.neurons._norm_lif_function import AbstractLoops, Layer
from spikedim.neurons._parameters import LIFParameters, Reset
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["CompiledLoops", "load_kernels"]

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES = (torch.float32, torch.float64, torch.bfloat16)
_SMALL = 1 << 16  # entries of all steps whose loop ends before a second thread has started


@functools.cache
def load_kernels() -> Any | None:
    """Return the module of the kernels; None where numba is absent, broken or switched off."""
    return load_loops("spikedim.neurons._norm_lif_kernels")


@final
class CompiledLoops(AbstractLoops):
    """Loops of one compiled module, shared among as many threads as torch may use."""

    def __init__(self, kernels: Any) -> None:
        self._kernels = kernels

    def statistics(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and biased variance [C] over steps and rows, float64."""
        rows, channels = y.shape[0] * y.shape[1], y.shape[2]
        entries = _array(y).reshape(-1)
        pivot = y[0, 0].to(torch.float64)  # any entry of a channel is near its mean

        def part(begin: int, end: int) -> Array:
            sums = np.zeros((2, channels))
            self._kernels.moments(entries, pivot.numpy(), sums, begin, end)
            return sums

        sums = sum(self._shared(part, rows, channels, rows * channels))
        first, second = torch.from_numpy(sums) / rows
        return pivot + first, (second - first.square()).clamp(min=0)

    def forward(
        self, layer: Layer, residual: Tensor | None, keep: bool, *, overwrite: bool = False
    ) -> tuple[Tensor, Tensor | None, bool]:
        """Return outputs, the last membrane if it is kept, and whether all membranes are finite."""
        y, scratch = layer.y, layer.mean
        rows, channels = y.shape[1:]
        shape = (layer.steps, rows, channels)
        out = y if overwrite and y.shape[0] == layer.steps else torch.empty(shape, dtype=y.dtype)
        last = torch.empty((rows, channels), dtype=scratch.dtype) if keep else None
        added = _flat(y.new_empty(0, 1, 1) if residual is None else residual)
        arguments = (*_fixed(layer), added, _flat(out), _vector(last, scratch))

        def part(begin: int, end: int) -> int:
            return int(self._kernels.forward(*arguments, begin, end))

        lost = sum(self._shared(part, rows, channels, out.numel()))
        return out, last, lost == 0

    def backward(
        self, layer: Layer, gradient: Tensor, gradient_last: Tensor | None, first: bool
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return gradients on y, their sums [2, C], and on the first membrane if asked for."""
        y, scratch = layer.y, layer.mean
        rows, channels = y.shape[1:]
        out = torch.empty_like(y)
        on_first = torch.empty((rows, channels), dtype=scratch.dtype) if first else None
        flat, parameters, numbers, membrane, pending = _fixed(layer)
        arguments = (
            flat,
            _flat(gradient.detach().to(y.dtype).contiguous()),
            _vector(None if gradient_last is None else gradient_last.contiguous(), scratch),
            parameters,
            numbers,
            membrane,
            pending,
            isinstance(layer.surrogate, ATanSurrogate),
            _flat(out),
            _vector(on_first, scratch),
        )

        def part(begin: int, end: int) -> Array:
            sums = np.zeros((2, channels))
            self._kernels.backward(*arguments, sums, begin, end)
            return sums

        sums = sum(self._shared(part, rows, channels, gradient.numel()))
        return out, torch.from_numpy(sums), on_first

    def centre(self, layer: Layer, gradient: Tensor, level: Tensor, slope: Tensor) -> Tensor:
        """Return gradient - level - slope (y - mean), written over `gradient`."""
        y = layer.y
        channels = y.shape[2]
        parameters = torch.stack([layer.mean, slope, level]).numpy()
        entries, into = _array(y).reshape(-1), _array(gradient).reshape(-1)

        def part(begin: int, end: int) -> None:
            self._kernels.centre(entries, parameters, into, begin, end)

        self._shared(part, y.shape[0] * y.shape[1], channels, y.numel())
        return gradient

    def _shared(
        self, part: Callable[[int, int], Any], rows: int, channels: int, entries: int
    ) -> list[Any]:
        """Run a loop over parts of the rows, one for each thread."""
        threads = min(torch.get_num_threads(), max(1, entries // _SMALL))
        tile = max(1, self._kernels.BLOCK // channels)
        length = max(1, math.ceil(rows / threads / tile)) * tile
        cuts = [*range(0, rows, length), rows]
        ranges = [(a * channels, b * channels) for a, b in itertools.pairwise(cuts)]
        return run_ranges(part, ranges)


def _array(x: Tensor) -> Array:
    """Return the memory of a contiguous tensor, that of bfloat16 as 16 bits."""
    if x.dtype == torch.bfloat16:
        halves: Array = x.view(torch.int16).numpy().view(np.uint16)
        return halves
    return x.numpy()


def _flat(x: Tensor) -> Array:
    """Return [T, R, C] as [T, R C]."""
    return _array(x).reshape(x.shape[0], x.shape[1] * x.shape[2])


def _vector(x: Tensor | None, like: Tensor) -> Array:
    """Return [R, C] as [R C], nothing as no entries."""
    return (like.new_empty(0) if x is None else x.reshape(-1)).numpy()


def _fixed(layer: Layer) -> tuple[Array, ...]:
    """Return what forward and backward read alike."""
    scale = layer.scale
    return (
        _flat(layer.y),
        torch.stack([layer.mean, scale, layer.shift]).numpy(),
        _numbers(layer.parameters, layer.surrogate, "f8" if scale.element_size() == 8 else "f4"),
        _vector(layer.membrane, scale),
        _vector(layer.pending, scale),
    )


@functools.lru_cache(maxsize=64)
def _numbers(parameters: LIFParameters, surrogate: AbstractSurrogate | None, dtype: str) -> Array:
    """Return the numbers of a neuron; a spike turns its membrane u into hold * u + jump.

    In order: leak, threshold, hold, jump, what a spike takes away after the leak, gain, 0, 1,
    the initial membrane, and of the surrogate its peak and its rate.
    """
    hold, jump, drop = {
        Reset.SOFT_POST_LEAK: (1.0, -0.0, parameters.threshold),
        Reset.SOFT_CARRIED: (1.0, -parameters.threshold, 0.0),
        Reset.HARD: (0.0, parameters.v_reset, 0.0),
    }[parameters.reset]
    slope = 1.0 if surrogate is None else surrogate.slope
    peak, rate = slope, slope * math.log2(math.e)
    if isinstance(surrogate, ATanSurrogate):
        peak, rate = slope / 2, slope * math.pi / 2
    numbers = (
        *(parameters.leak, parameters.threshold, hold, jump, drop, parameters.gain),
        *(0.0, 1.0, parameters.initial_membrane, peak, rate),
    )
    return np.array(numbers, dtype=dtype)
