"""A rate-coded network with samples: of a run, or of a model's name with random weights."""

import copy
import os
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from spikedim._core import AbstractProgress, InputError
from spikedim.models import AbstractSpikingTransformer, Coding, build, card, recalibrate_norms
from spikedim.planning._network import as_run, loaded
from spikedim.training import (
    TrainedRun,
    batches_of,
    device_named,
    examples_of_run,
    open_examples,
    spread,
)

__all__ = ["RateCodedSource", "open_rate_coded"]

_FITTED = 256  # training samples that normalisations of random weights are fitted to


@final
@dataclass(frozen=True, eq=False)
class RateCodedSource:
    """A network whose populations are rates, and what it reads.

    Parameters
    ----------
    name : str
        Name of the run's folder, or of the model.
    model : AbstractSpikingTransformer
        The network.
    x : Tensor of shape [S, ...]
        Samples as it reads them.
    targets : Tensor of shape [S] or None
        Their classes; None if it was not trained, or answers at every token.
    data, split, fingerprint : str
        Where they come from.
    trained : bool
        Whether its weights were trained.
    notes : tuple of str
        What a reader must know.
    """

    name: str
    model: AbstractSpikingTransformer
    x: Tensor
    targets: Tensor | None
    data: str
    split: str
    fingerprint: str
    trained: bool
    notes: tuple[str, ...]


def open_rate_coded(
    source: TrainedRun | str | os.PathLike[str],
    data: str | None,
    *,
    split: str,
    samples: int,
    seed: int,
    device: str,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> RateCodedSource:
    """Open a run, or build the model of a name; refuse what is not rate-coded."""
    where = device_named(device, caller=caller)
    run = as_run(source)
    if run is None:
        return _built(
            str(source), data, split=split, samples=samples, seed=seed, where=where,
            memory_budget=memory_budget, progress=progress, caller=caller,
        )  # fmt: skip
    _check_rates(run.record.model, run.record.coding, caller=caller)
    examples = examples_of_run(
        run, data, split=split, memory_budget=memory_budget, progress=progress, caller=caller
    )
    x, targets = loaded(run, examples, samples)
    return RateCodedSource(
        name=run.name,
        model=copy.deepcopy(run.model).to(where),
        x=x.to(where),
        targets=None if targets is None else targets.to(where),
        data=examples.spec,
        split=examples.split,
        fingerprint=examples.fingerprint,
        trained=True,
        notes=run.notes,
    )


def _built(
    name: str,
    data: str | None,
    *,
    split: str,
    samples: int,
    seed: int,
    where: torch.device,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> RateCodedSource:
    """Build a model with random weights, its normalisations fitted to training samples."""
    try:
        form = card(name)
    except InputError:
        raise InputError(
            f"{caller}: `source` must be the folder of a run or the name of a twin; got {name!r}, "
            "which is neither. Train one, or choose one of `spikedim model list`, with :softmax."
        ) from None
    _check_rates(name, form.coding, caller=caller)
    shape: dict[str, Any] = {}
    if form.vocabulary:
        shape = {"tokens": form.input_shape[0], "vocabulary": form.vocabulary}
    elif data is not None and data != form.dataset:
        shape = {"side": form.input_shape[-1]}
    spec = form.dataset if data is None else data
    parts = open_examples(spec, memory_budget=memory_budget, progress=progress, **shape)
    chosen = {"train": parts.train, "validation": parts.validation, "test": parts.test}.get(split)
    if chosen is None:
        raise InputError(
            f"{caller}: `split` must be one that {spec!r} has: train, validation or test; got "
            f"{split!r}."
        )
    model = build(name, generator=torch.Generator().manual_seed(seed)).to(where)
    weight = model.head.weight
    fitted = spread(len(parts.train), _FITTED)
    recalibrate_norms(model, (x for x, _ in batches_of(parts.train, fitted, _FITTED, weight)))
    order = spread(len(chosen), samples)
    x, _ = next(batches_of(chosen, order, max(1, len(order)), weight))
    note = (
        f"The weights are random (seed {seed}), their normalisations fitted to training samples: "
        "agreement with exact rates stands for accuracy."
    )
    return RateCodedSource(
        name=name,
        model=model.eval(),
        x=x,
        targets=None,
        data=chosen.spec,
        split=chosen.split,
        fingerprint=chosen.fingerprint,
        trained=False,
        notes=(note,),
    )


def _check_rates(name: str, coding: Coding, *, caller: str) -> None:
    """Refuse networks that are not rate-coded."""
    if coding is Coding.RATES:
        return
    advice = "Its twin has :softmax behind its name."
    if coding is Coding.SPIKES:
        advice = f"{advice} Of this one ask `spikedim plan --model`, which reads evaluations."
    raise InputError(
        f"{caller}: `source` must be a rate-coded network; got {name}, {coding.network}. {advice}"
    )
