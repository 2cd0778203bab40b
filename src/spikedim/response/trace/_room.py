"""How many samples, and gradients of how many populations, a budget has room for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.response.networks import AbstractRateNetwork
from spikedim.response.trace._passes import linearise

__all__ = ["Footprint", "Room", "exact_room", "measure", "probed_room"]

_MOST = 16  # samples of a batch; more are slower, their gradients leave the cache
_WORKSPACE = 4  # gradients on the way, in units of the largest population


@final
@dataclass(frozen=True, eq=False)
class Footprint:
    """What one sample needs.

    Parameters
    ----------
    graph : int
        Bytes that the graph of one sample keeps.
    populations : dict of str to int
        Bytes of the rates of every population.
    outputs : Tensor of shape [m]
        Its outputs.
    """

    graph: int
    populations: dict[str, int]
    outputs: Tensor

    @property
    def rates(self) -> int:
        """Bytes of one gradient by the rates of all populations."""
        return sum(self.populations.values())

    @property
    def sample(self) -> int:
        """Bytes that a sample needs before gradients are kept."""
        return self.graph + 2 * self.rates + _WORKSPACE * max(self.populations.values())


@final
@dataclass(frozen=True)
class Room:
    """What fits.

    Parameters
    ----------
    batch : int
        Samples that run together.
    groups : tuple of tuple of str
        Populations whose gradients by all outputs are kept at a time.
    """

    batch: int
    groups: tuple[tuple[str, ...], ...]


def measure(network: AbstractRateNetwork, x: Tensor, *, caller: str) -> Footprint:
    """Run the first sample and look at what its graph keeps."""
    weights = (
        {w.data_ptr() for w in network.model.parameters()} if network.model is not None else set()
    )
    kept: dict[int, int] = {}

    def note(saved: Tensor) -> Tensor:
        start = saved.untyped_storage().data_ptr()
        if start not in weights and saved.data_ptr() not in weights:
            kept[start] = saved.untyped_storage().nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(note, lambda saved: saved):
        batch = linearise(network, x[:1], caller=caller)
    sizes = {name: r.numel() * r.element_size() for name, r in batch.rates.items()}
    return Footprint(sum(kept.values()), sizes, batch.outputs.detach()[0].clone())


def exact_room(
    one: Footprint, *, budget: int, batch_size: int | None, samples: int, caller: str
) -> Room:
    """Return the room for derivatives of all outputs."""
    count = one.outputs.numel()
    results = 16 * samples * count * (count + 1)  # covariances, kept and joined
    free = budget - results
    need = one.sample + count * max(one.populations.values())
    if free < need * (batch_size or 1):
        raise _too_small(results + need * (batch_size or 1), budget, caller=caller)
    wanted = one.sample + count * one.rates
    batch = batch_size or max(1, min(_MOST, free // wanted))
    return Room(batch, tuple(_groups(one, (free // batch - one.sample) // count)))


def probed_room(one: Footprint, *, budget: int, batch_size: int | None, caller: str) -> Room:
    """Return the room for derivatives in one direction at a time."""
    need = one.sample + one.rates + 4 * one.outputs.numel() * one.outputs.element_size()
    if budget < need * (batch_size or 1):
        raise _too_small(need * (batch_size or 1), budget, caller=caller)
    batch = batch_size or max(1, min(_MOST, budget // need))
    return Room(batch, (tuple(one.populations),))


def _groups(one: Footprint, room: int) -> Iterator[tuple[str, ...]]:
    """Yield neighbours whose gradients fit together in so many bytes."""
    group: list[str] = []
    used = 0
    for name, size in one.populations.items():
        if group and used + size > room:
            yield tuple(group)
            group, used = [], 0
        group.append(name)
        used += size
    yield tuple(group)


def _too_small(need: int, budget: int, *, caller: str) -> InputError:
    return InputError(
        f"{caller}: `memory_budget` must be at least {-(-need >> 20)} MB for this; got "
        f"{budget >> 20} MB. Raise it, take fewer samples at a time, or probe outputs."
    )
