"""The model of an audit folded and counted, and the ordinary network beside it."""

from dataclasses import replace
from typing import NamedTuple, final

import torch

from spikedim._core import AbstractProgress, InputError
from spikedim.energy.audit._source import Source, draw_model
from spikedim.energy.counting import count_operations
from spikedim.energy.expected import expected_twin_operations
from spikedim.energy.operations import OperationCounts
from spikedim.models import (
    AbstractSpikingTransformer,
    BuildRequest,
    Card,
    Coding,
    card,
    fuse,
)

__all__ = ["Counted", "count_source", "count_twin"]

_PROBE = 4  # samples on which `fuse` compares both forms
_NO_TRAINING = frozenset({"drop_path", "legacy_dead_parameters", "legacy_batch_leak"})


@final
class Counted(NamedTuple):
    """What was counted.

    Parameters
    ----------
    counts : OperationCounts
        Operations of the model.
    card : Card
        Layers in the form that was counted.
    parameters, fused_parameters : int
        Before and after folding.
    """

    counts: OperationCounts
    card: Card
    parameters: int
    fused_parameters: int


def count_source(source: Source, *, fused: bool, seed: int, progress: AbstractProgress) -> Counted:
    """Fold the model if asked to, and count it on its samples."""
    model = source.model
    probe = next(source.batches(model))[:_PROBE]
    steps = 1 if model.coding is Coding.SPIKES else None
    fusion = fuse(model, probe, steps=steps)
    if fused:
        model = fusion.model
    counts = _count(source, model, seed=seed, progress=progress)
    if not counts.neurons:
        raise InputError(
            f"audit_energy: `source` must have neurons; got {source.name} without any. Count it "
            "with `count_operations`, then `price` the counts."
        )
    report = fusion.report
    return Counted(counts, model.card, report.before.total, report.after.total)


def count_twin(
    source: Source, form: Card, *, fused: bool, seed: int, progress: AbstractProgress
) -> tuple[OperationCounts, str]:
    """Count the ordinary network of the same shape on the same samples, and say what it is.

    Parameters
    ----------
    source : Source
        What is audited.
    form : Card
        Layers of the model as it was counted.
    fused : bool
        Whether its normalisations are folded too.
    seed : int
        Of its weights.
    progress : AbstractProgress
        Listener.
    """
    name = f"{source.name.partition(':')[0]}:ann"
    try:
        card(name)
    except InputError:
        note = (
            f"The twins are expected from the shape of the layers, since {source.name} has no "
            "ordinary network here that could be counted: their softmax, normalisation and "
            "activation functions cost nothing."
        )
        return expected_twin_operations(form), note
    request = source.model.built_from
    chosen = {} if request is None else {**request.shape, **_switches(request)}
    model = draw_model(
        name,
        source.train,
        samples=len(source.rows),
        steps=1,
        seed=seed,
        device=source.model.head.weight.device,
        **chosen,
    )
    if fused:
        model = fuse(model, next(source.batches(model))[:_PROBE]).model
    twin = replace(source, model=model, name=name)
    counts = _count(twin, model, seed=seed, progress=progress)
    note = (
        f"The twins are {name} with random weights, counted on the same samples: its dense "
        "operations do not depend on weights, its zeros do."
    )
    if counts.unknown:
        names = ", ".join(sorted({one.operator for one in counts.unknown}))
        note += f" Operators of it that no rule counts: {names}."
    return counts, note


def _switches(request: BuildRequest) -> dict[str, bool | int | float | str | None]:
    """Return the switches that change what is computed."""
    return {name: value for name, value in request.switches.items() if name not in _NO_TRAINING}


def _count(
    source: Source, model: AbstractSpikingTransformer, *, seed: int, progress: AbstractProgress
) -> OperationCounts:
    """Count a model on the samples of a source."""
    rates = model.coding is Coding.RATES
    device = model.head.weight.device
    return count_operations(
        model,
        source.batches(model),
        steps=source.warm_up + source.steps if model.coding is Coding.SPIKES else None,
        code_steps=source.steps if rates else None,
        generator=torch.Generator(device=device).manual_seed(seed) if rates else None,
        name=source.name,
        progress=progress,
    )
