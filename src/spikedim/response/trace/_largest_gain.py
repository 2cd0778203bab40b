"""The largest singular value of the derivative by power iteration."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from spikedim.response.networks import AbstractRateNetwork
from spikedim.response.trace._passes import linearise
from spikedim.response.trace._tangents import push

__all__ = ["largest_gain"]

_CHANGE = 1e-3
_TINY = 1e-30


def largest_gain(
    network: AbstractRateNetwork,
    x: Tensor,
    names: Sequence[str],
    *,
    start: Tensor,
    rounds: int,
    caller: str,
) -> Tensor:
    """Return the largest singular value [B] of the derivative by the rates of some populations.

    `start` [B, m] are output directions to begin with. Forward and backward derivatives take
    turns until no sample moves by a thousandth, `rounds` times at most; the value is a lower bound.
    """
    batch = linearise(network, x, caller=caller)
    directions, before = start, start.new_zeros(len(x))
    for _ in range(rounds):
        pulled = dict(zip(names, batch.pull(directions, keep=True, names=names), strict=True))
        length = _length(pulled)
        moved = push(network, x, _shift(pulled, length.clamp_min(_TINY)), caller=caller)
        gain = torch.linalg.vector_norm(moved, dim=1)
        directions = moved / gain.clamp_min(_TINY)[:, None]
        settled = bool(((gain - before).abs() <= _CHANGE * gain).all())
        before = gain
        if settled:
            break
    return before


def _length(tensors: dict[str, Tensor]) -> Tensor:
    """Return the joint length [B] of tensors [B, ..., D]."""
    squares = [t.flatten(1).square().sum(dim=1, dtype=torch.float64) for t in tensors.values()]
    total = torch.stack(squares).sum(dim=0).sqrt()
    return total.to(next(iter(tensors.values())))


def _shift(pulled: dict[str, Tensor], length: Tensor) -> Callable[[str, Tensor], Tensor | None]:
    """Return the joint shift of length 1 along some gradients."""
    unit = {
        name: gradient / length.reshape(-1, *(1,) * (gradient.ndim - 1))
        for name, gradient in pulled.items()
    }
    return lambda name, _: unit.get(name)
