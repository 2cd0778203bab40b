"""What a caller may give in two forms: data by name or opened, a number or a range."""

from collections.abc import Callable

from spikedim._core import AbstractProgress, InputError
from spikedim.data import Samples, open_samples
from spikedim.laws import Assumed

__all__ = ["assumed", "opened"]


def opened(
    data: str | Samples,
    layer: str | None,
    *,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> Samples:
    """Open the data unless that is done; opened samples keep their layer."""
    if not isinstance(data, Samples):
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
