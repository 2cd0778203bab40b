"""How much every population fires, summed over samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim.models import AbstractSpikingTransformer, SpikeCount
from spikedim.training.evaluation._evaluation import EvaluatedPopulation

__all__ = ["Firing"]


@final
class Firing:
    """Sums of spikes, and which neurons never fired.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Whose populations are watched.
    warm_up : int
        Steps before those that count.
    code_steps : int or None
        Spikes of a rate in a twin.
    """

    def __init__(
        self, model: AbstractSpikingTransformer, *, warm_up: int, code_steps: int | None
    ) -> None:
        self.model = model
        self.warm_up = warm_up
        self.code_steps = code_steps
        self.samples = 0
        self.spikes: dict[str, Tensor] = {}
        self.neurons: dict[str, float] = {}
        self.fired: dict[str, Tensor] = {}
        self.driven: Tensor | None = None

    @contextmanager
    def watch(self, x: Tensor) -> Iterator[None]:
        """Note which neurons fire while a batch runs."""
        if self.model.card.vocabulary:
            kept = (x != 0).any(dim=0)
            self.driven = kept if self.driven is None else self.driven | kept
        hooks = [
            population.register_forward_hook(partial(self._note_fired, name))
            for name, population in self.model.populations.items()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def add(self, count: SpikeCount) -> None:
        """Add the spikes of a batch."""
        for name, spikes in count.spikes.items():
            of_steps = spikes.sum(dim=1).cpu().double()
            self.spikes[name] = self.spikes.get(name, torch.zeros(())) + of_steps
            unpadded = float(count.unpadded[name].sum())
            self.neurons[name] = self.neurons.get(name, 0.0) + unpadded
        self.samples += next(iter(count.spikes.values())).shape[1]

    def summarise(self) -> tuple[EvaluatedPopulation, ...]:
        """Return every population, in the order of the forward pass."""
        return tuple(self._summarise(name) for name in self.spikes)

    @property
    def warm_up_spikes(self) -> float | None:
        """Spikes of one sample in the steps before those that count."""
        if not self.warm_up:
            return None
        return (
            sum(float(each[: self.warm_up].sum()) for each in self.spikes.values()) / self.samples
        )

    def _note_fired(self, name: str, module: nn.Module, given: Any, activity: Tensor) -> None:  # noqa: ARG002
        """Remember which neurons [n, D] have fired."""
        places = activity.reshape(activity.shape[0] * activity.shape[1], -1, activity.shape[-1])
        fired = (places != 0).any(dim=0)
        before = self.fired.get(name)
        self.fired[name] = fired if before is None else before | fired

    def _summarise(self, name: str) -> EvaluatedPopulation:
        neurons = self.neurons[name]
        rates = self.spikes[name][self.warm_up :] / (neurons * (self.code_steps or 1))
        return EvaluatedPopulation(
            name=name,
            neurons=neurons / self.samples,
            rate=float(rates.mean()),
            rates=tuple(rates.tolist()),
            silent_share=self._silent_share(name),
        )

    def _silent_share(self, name: str) -> float:
        """Return the share of the neurons some sample drove that never fired."""
        fired = self.fired[name]
        if self.driven is not None and len(fired) == len(self.driven):
            fired = fired[self.driven]
        return 1.0 - float(fired.cpu().double().mean())
