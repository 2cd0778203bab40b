"""What a caller may give in two forms: data by name or opened, a number or a range."""

from collections.abc import Callable
from typing import TypeAlias

from spikedim._core import AbstractProgress, InputError
from spikedim.data import Samples, open_samples
from spikedim.laws import Assumed
from spikedim.training import Activations, open_activations

__all__ = ["Rows", "assumed", "opened"]

Rows: TypeAlias = Samples | Activations
"""Data through one view, or what it becomes inside a trained run."""


def opened(
    data: str | Rows,
    layer: str | None,
    *,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> Rows:
    """Open the data unless that is done; opened samples keep their layer.

    The layer NAME@RUN is layer NAME of the run in folder RUN.
    """
    if not isinstance(data, Samples | Activations):
        if layer is not None and "@" in layer:
            name, _, run = layer.partition("@")
            return open_activations(run, data, name, memory_budget=memory_budget, progress=progress)
        return open_samples(data, layer=layer, memory_budget=memory_budget, progress=progress)
    if layer is not None and layer != data.layer:
        raise InputError(
            f"{caller}: `layer` must be left out for opened samples; got {layer!r} for samples "
            f"of layer {data.layer!r}. Open them with that layer."
        )
    return data


def assumed(
    value: float | Assumed | None, default: Assumed, check: Callable[[float], float]
) -> Assumed:
    """Return a quantity with its range: the default, a checked range, or one checked number."""
    if value is None:
        return default
    if isinstance(value, Assumed):
        for each in (value.low, value.value, value.high):
            check(each)
        return value
    number = check(value)
    return Assumed(number, number, number, "given")
