"""The samples of a run in two halves, with the outputs that errors are distances from."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AbstractProgress
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._spiking_candidate import SpikingCandidate, record
from spikedim.training import Examples, TrainedRun, batches_of

__all__ = [
    "batches_of_half",
    "halves_of_spikes",
    "halves_of_twin",
    "settled_after",
    "training_batches",
]

Parts = Sequence[tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]

_BATCH = 64
_LONG = 8  # times the T of the training: what a directly coded network settles to
_LEAST_LONG = 16


def batches_of_half(
    run: TrainedRun, examples: Examples, rows: object
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return inputs and targets in batches."""
    pairs = list(batches_of(examples, np.asarray(rows), _BATCH, run.model.head.weight))
    device = run.model.head.weight.device
    return tuple(x for x, _ in pairs), tuple(y.to(device) for _, y in pairs)


def halves_of_twin(
    run: TrainedRun, parts: Parts, seed: int
) -> tuple[tuple[Half, Half], AbstractCandidate]:
    """Return halves with the outputs of exact rates, and the twin with random spikes."""
    with torch.no_grad():
        exact = [tuple(run.model(x) for x in inputs) for inputs, _ in parts]
    first, second = (
        Half(name, number, *part, references)
        for number, (name, part, references) in enumerate(
            zip(("calibration", "held out"), parts, exact, strict=True)
        )
    )
    return (first, second), CodedCandidate(lambda _: run.model, number=0, seed=seed)


def halves_of_spikes(
    run: TrainedRun, parts: Parts, progress: AbstractProgress
) -> tuple[tuple[Half, Half], AbstractCandidate]:
    """Return halves with the outputs that the network settles to, and the network."""
    warm_up = run.recipe.neurons.warm_up_steps
    length = warm_up + _long(run.record.steps)
    halves, recordings = [], {}
    names = ("calibration", "held out")
    for number, (name, (inputs, targets)) in enumerate(
        progress.track(list(zip(names, parts, strict=True)), "run for long", 2.0)
    ):
        settled: tuple[Tensor, ...] = ()
        if inputs:
            with torch.no_grad():
                recordings[name] = record(run.model, inputs, steps=length)
            late = recordings[name].outputs[length // 2 :].mean(dim=0)
            settled = torch.split(late, [len(x) for x in inputs])
        halves.append(Half(name, number, inputs, targets, settled))
    return (halves[0], halves[1]), SpikingCandidate(run.model, recordings, skip=warm_up)


def settled_after(steps: int) -> str:
    """Name the reference of a directly coded network."""
    return f"the mean output of the second half of {_long(steps)} steps"


def _long(steps: int) -> int:
    return max(_LONG * steps, _LEAST_LONG)


def training_batches(
    run: TrainedRun, read: Callable[..., Examples], seed: int
) -> Callable[[int], Iterator[Tensor]]:
    """Return what yields training inputs, the same ones each time."""

    def batches(count: int) -> Iterator[Tensor]:
        training = read(None, split="train")
        chosen = np.random.default_rng(seed).permutation(len(training))[:count]
        even = -(-len(chosen) // -(-len(chosen) // _BATCH))
        for x, _ in batches_of(training, chosen, even, run.model.head.weight):
            yield x

    return batches
