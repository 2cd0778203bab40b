"""Many activations read in as few runs of the network as memory allows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from spikedim._core import AnyArray
from spikedim.training.activations._activations import Activations, rows_of
from spikedim.training.activations._open_activations import Opened

__all__ = ["HeldActivations", "hold_activations"]


@final
@dataclass(frozen=True, eq=False)
class HeldActivations:
    """Activations that were kept in memory; a `SampleStream`.

    Parameters
    ----------
    opened : Activations
        What they are.
    array : ndarray of shape [S * n, d]
        The rows.
    """

    opened: Activations
    array: AnyArray
    shape: tuple[int, ...] = field(init=False)
    layer: str = field(init=False)
    fingerprint: str = field(init=False)
    group_size: int = field(init=False)
    dtype: np.dtype[Any] = field(init=False)
    scale: float = 1.0
    offset: float = 0.0
    rereadable: bool = True

    def __post_init__(self) -> None:
        for name in ("shape", "layer", "fingerprint", "group_size", "dtype"):
            object.__setattr__(self, name, getattr(self.opened, name))

    def batches(self, batch_size: int | None = None) -> Iterator[AnyArray]:
        """Yield rows."""
        size = batch_size or len(self.array)
        for start in range(0, len(self.array), size):
            yield self.array[start : start + size]


def hold_activations(
    opened: Opened, wanted: Sequence[Activations], budget: int
) -> Iterator[Activations | HeldActivations]:
    """Yield every stream, as many at a time in memory as fit; one that does not fit as it is."""
    waiting = list(wanted)
    while waiting:
        taken = _affordable(waiting, budget)
        if not taken:
            yield waiting.pop(0)
            continue
        arrays = [np.empty(each.shape, each.dtype) for each in taken]
        starts = [0] * len(taken)
        names = tuple(dict.fromkeys(each.layer_name for each in taken))
        recorder = replace(opened.recorder, names=names)
        for x in opened.inputs.read():
            entered = recorder.record(x)
            for k, each in enumerate(taken):
                rows = rows_of(entered[each.layer_name], x, step=each.step, flat=False)
                arrays[k][starts[k] : starts[k] + len(rows)] = rows
                starts[k] += len(rows)
        del waiting[: len(taken)]
        yield from (HeldActivations(each, array) for each, array in zip(taken, arrays, strict=True))


def _affordable(waiting: Sequence[Activations], budget: int) -> list[Activations]:
    """Return the first of the streams, as many as fit the budget together."""
    taken: list[Activations] = []
    for each in waiting:
        budget -= each.nbytes
        if budget < 0:
            break
        taken.append(each)
    return taken
