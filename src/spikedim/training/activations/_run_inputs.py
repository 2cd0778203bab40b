"""What a run reads, batch by batch, whatever it came from."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AbstractProgress, AnyArray, InputError
from spikedim.data import Samples
from spikedim.training.examples import ExampleKind, Examples
from spikedim.training.opened import TrainedRun, batches_of, examples_of_run, spread

__all__ = ["RunInputs", "open_inputs"]

_CHUNK = 4096


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class RunInputs:
    """Normalised inputs of a network.

    Parameters
    ----------
    spec, split : str
        Where they come from.
    modality : str
        ``"image"`` or ``"text"``.
    count : int
        How many.
    length, kept : int
        Of text: N, and the tokens of all inputs that are not padding; 0 of images.
    fingerprint : str
        Identity of the content.
    notes : tuple of str
        What a reader must know.
    licence : str
        Terms of use, if known.
    read : callable
        Yields batches, in a fixed order.
    """

    spec: str
    split: str
    modality: str
    count: int
    length: int
    kept: int
    fingerprint: str
    notes: tuple[str, ...]
    licence: str
    read: Callable[[], Iterator[Tensor]] = field(repr=False)


def open_inputs(
    run: TrainedRun,
    samples: str | os.PathLike[str] | Examples | Samples | None,
    *,
    split: str,
    count: int | None,
    batch_size: int,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> RunInputs:
    """Open what a caller may give."""
    if isinstance(samples, Samples):
        return _from_samples(run, samples, count, batch_size, memory_budget, progress, caller)
    found = examples_of_run(
        run,
        samples,
        split=split,
        memory_budget=memory_budget,
        progress=progress,
        caller=caller,
    )
    order = spread(len(found), count)
    like = run.model.head.weight
    images = found.kind is ExampleKind.IMAGES
    return RunInputs(
        spec=found.spec,
        split=found.split,
        modality="image" if images else "text",
        count=len(order),
        length=0 if images else found.inputs.shape[1],
        kept=0 if images else _kept(found, order),
        fingerprint=f"{found.fingerprint} {len(order)}",
        notes=found.notes,
        licence="",
        read=lambda: (x for x, _ in batches_of(found, order, batch_size, like)),
    )


def _kept(examples: Examples, order: AnyArray) -> int:
    """Return how many tokens are not padding."""
    parts = (order[start : start + _CHUNK] for start in range(0, len(order), _CHUNK))
    return sum(int((examples.take(part)[0] != 0).sum()) for part in parts)


def _from_samples(
    run: TrainedRun,
    samples: Samples,
    count: int | None,
    batch_size: int,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> RunInputs:
    """Read the pixels of opened samples."""
    form = run.model.card
    shape = (samples.item_shape[-1], *samples.item_shape[:-1])
    if samples.layer != "pixels" or form.vocabulary or shape != tuple(form.input_shape):
        wanted = "token numbers, as Examples," if form.vocabulary else f"pixels {form.input_shape}"
        raise InputError(
            f"{caller}: `samples` must be {wanted} for {run.record.model}; got layer "
            f"{samples.layer!r} of items of shape {samples.item_shape}. "
            "Give its specification instead of opened samples."
        )
    mean, deviation = run.record.mean, run.record.deviation
    if not mean:
        own = examples_of_run(
            run,
            None,
            split="train",
            memory_budget=memory_budget,
            progress=progress,
            caller=caller,
        )
        mean, deviation = own.mean, own.deviation
    total = samples.shape[0] if count is None else min(count, samples.shape[0])
    chosen = np.zeros(samples.shape[0], bool)
    chosen[spread(samples.shape[0], total)] = True
    weight = run.model.head.weight
    centre, width = (
        torch.tensor(values, dtype=weight.dtype)[:, None, None] for values in (mean, deviation)
    )

    def read() -> Iterator[Tensor]:
        start = 0
        for raw in samples.batches(batch_size):
            kept = raw[chosen[start : start + len(raw)]]
            start += len(raw)
            if not len(kept):
                continue
            values = torch.from_numpy(np.array(kept, np.float64)) * samples.scale + samples.offset
            images = values.reshape(-1, *samples.item_shape).movedim(-1, 1).to(weight.dtype)
            yield ((images - centre) / width).to(weight.device)

    return RunInputs(
        spec=samples.spec,
        split=samples.split,
        modality="image",
        count=total,
        length=0,
        kept=0,
        fingerprint=f"{samples.fingerprint} {total}",
        notes=samples.notes,
        licence=samples.licence,
        read=read,
    )
