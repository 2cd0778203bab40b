"""Exact rates of populations, a group that fits into memory at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import RatePopulation

__all__ = ["exact_rates", "rate_shapes"]


def rate_shapes(
    model: AbstractSpikingTransformer, batch: Tensor, names: Sequence[str]
) -> Mapping[str, tuple[int, int]]:
    """Return tokens and features of populations for inputs like these."""
    with torch.no_grad():
        found = _record(model, batch[:1], names)
    return {name: (rates[0, ..., 0].numel(), rates.shape[-1]) for name, rates in found.items()}


def exact_rates(
    model: AbstractSpikingTransformer, batches: Iterable[Tensor], names: Sequence[str]
) -> Iterator[tuple[str, Tensor]]:
    """Yield every population with its rates [S, n, d] of all batches; memory of all at once."""
    parts: dict[str, list[Tensor]] = {name: [] for name in names}
    with torch.no_grad():
        for batch in batches:
            for name, rates in _record(model, batch, names).items():
                parts[name].append(rates.flatten(1, -2).float())
    for name in names:
        yield name, torch.cat(parts.pop(name))


def _record(
    model: AbstractSpikingTransformer, batch: Tensor, names: Sequence[str]
) -> Mapping[str, Tensor]:
    """Return rates [B, ..., d] of some populations in one pass in evaluation mode."""
    found: dict[str, Tensor] = {}

    def hook(name: str) -> Any:
        def keep(module: nn.Module, given: Any, rates: Tensor) -> None:  # noqa: ARG001
            found[name] = rates.flatten(0, 1)

        return keep

    training = [module for module in model.modules() if module.training]
    with ExitStack() as stack:
        for name in names:
            population = model.populations[name]
            if isinstance(population, RatePopulation):
                handle = population.encoder.register_forward_hook(hook(name))
                stack.callback(handle.remove)
        try:
            model.eval()
            model(batch)
        finally:
            for module in training:
                module.training = True
    missing = [name for name in names if name not in found]
    if missing:
        raise InputError(
            f"fit_decoders: `populations` must run in every pass; got {missing[0]!r}, which did "
            "not. Leave it out."
        )
    return found
