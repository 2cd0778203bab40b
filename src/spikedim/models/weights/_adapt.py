"""Replace the neurons of a network by ours, in a copy."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models.layers import SpikingPopulation
from spikedim.models.weights._adapted_model import AdaptedModel, Seat
from spikedim.neurons import AbstractSurrogate, LIFParameters

__all__ = ["Translation", "adapt", "check_module", "class_paths", "number", "to_logit"]


@final
@dataclass(frozen=True)
class Translation:
    """One neuron in our terms."""

    neuron: LIFParameters
    surrogate: AbstractSurrogate
    multi_step: bool = False
    pair: bool = False  # returns spikes and membranes
    leak_logit: Tensor | None = None  # learnable
    note: str = ""


def check_module(module: object, *, caller: str) -> None:
    """Refuse what is no network."""
    if not isinstance(module, nn.Module):
        raise InputError(
            f"{caller}: `module` must be a torch.nn.Module; got {type(module).__name__}."
        )


def class_paths(module: nn.Module) -> tuple[str, ...]:
    """Return the full names of a module's classes, its own first."""
    return tuple(f"{kind.__module__}.{kind.__qualname__}" for kind in type(module).__mro__)


def adapt(
    module: nn.Module,
    neurons: Mapping[str, nn.Module],
    translate: Callable[[str, nn.Module], Translation],
    *,
    caller: str,
    source: str,
) -> AdaptedModel:
    """Return the adapted copy of a network."""
    if not neurons:
        raise InputError(
            f"{caller}: `module` must have spiking neurons; got {type(module).__name__} without "
            f"one of {source}."
        )
    found = {name: translate(name, neuron) for name, neuron in neurons.items()}
    modes = {one.multi_step for one in found.values()}
    if len(modes) > 1:
        raise InputError(
            f"{caller}: `module` must run all its neurons in one step mode; got both. "
            "Call functional.set_step_mode(module, 'm')."
        )
    # What deepcopy believes to have copied already: seats in the place of neurons.
    memo = {id(neurons[name]): _seat(name, one, neurons[name]) for name, one in found.items()}
    network = copy.deepcopy(module, memo)
    notes = tuple(f"{name}: {one.note}" for name, one in found.items() if one.note)
    model = AdaptedModel(network, source=source, multi_step=modes.pop(), notes=notes)
    return model.train(module.training)


def _seat(name: str, one: Translation, neuron: nn.Module) -> Seat:
    """Return what takes the place of a neuron."""
    population = SpikingPopulation(
        one.neuron, one.surrogate, learnable_leak=one.leak_logit is not None
    )
    population.name = name
    if one.leak_logit is not None and population.lif.leak_logit is not None:
        population.lif.leak_logit = nn.Parameter(one.leak_logit.detach().clone())
    seat = Seat(population, multi_step=one.multi_step, pair=one.pair)
    return seat.train(neuron.training) if isinstance(neuron, nn.Module) else seat


def number(value: Any, *, caller: str, name: str, what: str) -> float:
    """Return a scalar attribute of a neuron, or refuse one value for each neuron."""
    if not isinstance(value, Tensor):
        return float(value)
    if value.numel() != 1:
        raise InputError(
            f"{caller}: `{name}` must have one {what} for all its neurons; got "
            f"{tuple(value.shape)}. Give each value a layer of its own."
        )
    return value.detach().item()


def to_logit(leak: Tensor) -> Tensor:
    """Return the logit of a leak in (0, 1)."""
    return torch.logit(leak.detach())
