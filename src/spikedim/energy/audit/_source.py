"""What is audited: a run with the data of its training, or a model whose weights are drawn."""

import copy
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import AbstractProgress, AnyArray, InputError
from spikedim.energy.audit._audited_examples import (
    batch_size,
    check_fits,
    choose_part,
    data_named,
    open_for,
)
from spikedim.models import (
    AbstractSpikingTransformer,
    Card,
    Coding,
    build,
    card,
    decelerate,
    recalibrate_norms,
)
from spikedim.training import (
    Examples,
    ExampleSplits,
    TrainedRun,
    batches_of,
    open_run,
    spread,
)

__all__ = ["Source", "draw_model", "open_source"]

_CALLER = "audit_energy"
_LEAST = 64  # training samples that statistics of normalisations are taken from, or more
_VALIDATION = 0.1


@final
@dataclass(frozen=True, eq=False)
class Source:
    """A model in evaluation mode with samples that it reads.

    Parameters
    ----------
    name : str
        Name of the model.
    model : AbstractSpikingTransformer
        A copy that belongs to the audit.
    trained : bool
        Whether its weights were trained.
    steps : int
        T; of a rate-coded twin that of its code.
    warm_up : int
        Steps that run before those that count.
    train : Examples
        Samples that normalisations may be fitted to.
    examples : Examples
        Samples of which some are shown.
    rows : ndarray of int
        Which of them.
    notes : tuple of str
        What a reader must know.
    """

    name: str
    model: AbstractSpikingTransformer
    trained: bool
    steps: int
    warm_up: int
    train: Examples
    examples: Examples
    rows: AnyArray
    notes: tuple[str, ...]

    def batches(self, model: AbstractSpikingTransformer) -> Iterator[Tensor]:
        """Yield the samples as a model reads them, as many at once as fit into memory."""
        size = batch_size(self.model.card, self.steps + self.warm_up)
        found = batches_of(self.examples, self.rows, size, model.head.weight)
        return (x for x, _ in found)


def open_source(
    source: TrainedRun | str | os.PathLike[str],
    *,
    data: str | None,
    split: str,
    samples: int,
    steps: int | None,
    seed: int,
    device: torch.device,
    memory_budget: int | str,
    progress: AbstractProgress,
) -> Source:
    """Open a run, or build the model of a name, with the samples that it is shown."""
    read = partial(open_for, memory_budget=memory_budget, progress=progress)
    run = _run(source)
    if run is not None:
        _check_spikes(run.model.card.name, run.model.coding)
        return _opened(run, data, read, split=split, samples=samples, steps=steps, device=device)
    name = str(source)
    bare = build(name, device="meta")
    _check_spikes(bare.card.name, bare.coding)
    form = bare.card
    spec = data_named(form, caller=_CALLER) if data is None else data
    splits = read(form, form, spec, own=form.dataset, validation=_VALIDATION)
    part = _part(form, splits, split)
    count = _steps(bare, steps, None if bare.coding is Coding.RATES else bare.steps)
    model = draw_model(name, splits.train, samples=samples, steps=count, seed=seed, device=device)
    note = (
        f"The weights are random (seed {seed}), their normalisations fitted to training samples: "
        "a trained network fires at other rates and needs another energy. Audit a run."
    )
    rows = spread(len(part), samples)
    return Source(form.name, model, False, count, 0, splits.train, part, rows, (note, *part.notes))


def draw_model(
    name: str,
    train: Examples,
    *,
    samples: int,
    steps: int,
    seed: int,
    device: torch.device,
    **overrides: Any,
) -> AbstractSpikingTransformer:
    """Build a model from a seed, and fit its normalisations to training samples."""
    model = build(name, generator=torch.Generator().manual_seed(seed), **overrides).to(device)
    order = np.random.default_rng(seed).permutation(len(train))
    rows = np.sort(order[: max(samples, _LEAST)])
    passes = -(-len(rows) // batch_size(model.card, steps))
    even = -(-len(rows) // passes)  # every batch weighs the same
    generator = torch.Generator(device=device).manual_seed(seed)
    recalibrate_norms(
        model,
        (x for x, _ in batches_of(train, rows, even, model.head.weight)),
        steps=steps if model.coding is Coding.SPIKES else None,
        code_steps=steps if model.coding is Coding.RATES else None,
        generator=generator,
    )
    return model.eval()


def _run(source: object) -> TrainedRun | None:
    """Return the run, or None for the name of a model."""
    if isinstance(source, TrainedRun):
        return source
    if isinstance(source, nn.Module) or not isinstance(source, str | os.PathLike):
        advice = "Give a path, or a name like 'spikformer-2-64/digits'."
        if isinstance(source, nn.Module):
            advice = "Count it with `count_operations`, then `price` the counts."
        raise InputError(
            f"{_CALLER}: `source` must be the folder of a run or the name of a model; got "
            f"{type(source).__name__}. {advice}"
        )
    if isinstance(source, os.PathLike) or Path(source).expanduser().is_dir():
        return open_run(source)
    try:
        card(source)
    except InputError as error:
        raise InputError(
            f"{_CALLER}: `source` must be the folder of a run or the name of a model; got "
            f"{source!r}, which is no folder. As a name: {error}"
        ) from error
    return None


def _check_spikes(name: str, coding: Coding) -> None:
    """Raise `InputError` for an ordinary network."""
    if coding not in (Coding.SPIKES, Coding.RATES):
        raise InputError(
            f"{_CALLER}: `source` must have neurons; got {name}, an ordinary network. Audit the "
            "spiking model, beside which this one is counted."
        )


def _opened(
    run: TrainedRun,
    data: str | None,
    read: Callable[..., ExampleSplits],
    *,
    split: str,
    samples: int,
    steps: int | None,
    device: torch.device,
) -> Source:
    """Return the model of a run with its own data, or with others that it reads."""
    record, form = run.record, run.model.card
    spec = record.data if data is None else data
    splits = read(form, card(record.model), spec, own=record.data, validation=run.recipe.validation)
    part = _part(form, splits, split)
    _check_words(run, part)
    train, part = (_in_units_of(run, x) for x in (splits.train, part))
    rates = run.model.coding is Coding.RATES
    warm_up = 0 if rates else run.recipe.neurons.warm_up_steps
    notes = (*run.notes, *part.notes)
    if warm_up:
        notes = (f"{warm_up} warm-up steps run first and are counted too.", *notes)
    return Source(
        name=record.model,
        model=decelerate(copy.deepcopy(run.model)).to(device).eval(),
        trained=True,
        steps=_steps(run.model, steps, record.code_steps if rates else record.steps),
        warm_up=warm_up,
        train=train,
        examples=part,
        rows=spread(len(part), samples),
        notes=notes,
    )


def _part(form: Card, splits: ExampleSplits, split: str) -> Examples:
    """Return the part to show, which the model reads."""
    part = choose_part(splits, split, caller=_CALLER)
    check_fits(form, part, caller=_CALLER)
    return part


def _in_units_of(run: TrainedRun, part: Examples) -> Examples:
    """Return examples that are normalised as the weights know it."""
    mean, deviation = run.record.mean, run.record.deviation
    return replace(part, mean=mean, deviation=deviation) if mean else part


def _check_words(run: TrainedRun, found: Examples) -> None:
    """Raise `InputError` if token numbers of the data mean other words than those of the run."""
    theirs = found.vocabulary
    if theirs is None:
        return
    if run.vocabulary is None:
        raise InputError(
            f"{_CALLER}: `source` must hold the tokenizer of a run on text; got {run.name!r} "
            "without one. Copy the folder as a whole."
        )
    if theirs.to_json() != run.vocabulary.to_json():
        raise InputError(
            f"{_CALLER}: `data` must be written in the token numbers of the run; got a tokenizer "
            f"of its own in {found.spec!r}. Choose data like {run.record.data!r}."
        )


def _steps(model: AbstractSpikingTransformer, asked: int | None, own: int | None) -> int:
    """Return T, of a rate-coded twin that of its code."""
    found = own if asked is None else asked
    if found is None:
        raise InputError(
            f"{_CALLER}: `steps` must be the length of the code of {model.card.name}, whose rates "
            "have no time; got None. Use 4."
        )
    return found
