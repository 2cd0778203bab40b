"""Examples that a run can read: its own, or others of the same shape."""

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from torch import Tensor

from spikedim._core import (
    AbstractProgress,
    AnyArray,
    InputError,
    SilentProgress,
    check_choice,
)
from spikedim.models import card
from spikedim.training.examples import (
    ExampleKind,
    Examples,
    ExampleSplits,
    check_examples,
    open_examples,
)
from spikedim.training.opened._open_run import TrainedRun

__all__ = ["batches_of", "examples_of_run", "spread"]

_SPLITS = ("train", "validation", "test")
_UNITS = "Mean and deviation"


def examples_of_run(
    run: TrainedRun,
    data: str | os.PathLike[str] | Examples | None,
    *,
    split: str,
    memory_budget: int | str,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    caller: str = "examples_of_run",
) -> Examples:
    """Return examples that a run can read, in the units of its training.

    Parameters
    ----------
    run : TrainedRun
        An opened run.
    data : str, path, Examples or None
        What `open_examples` opens, or examples; None for the data of the training.
    split : str
        ``"test"``, ``"validation"`` or ``"train"``; not used for examples.
    memory_budget : int or str
        Most bytes of data to hold.
    progress : AbstractProgress
        Told about the opening of the data.
    caller : str
        Named in errors.

    Returns
    -------
    found : Examples
        With the mean and deviation that the run was trained with.

    Raises
    ------
    InputError
        If the data has another shape, kind, tokenizer or number of classes than the run, or not
        that split.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit, open_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     run = open_run(folder)
    >>> len(examples_of_run(run, None, split="test", memory_budget="1GB"))
    359
    """
    check_choice(split, _SPLITS, name="split", caller=caller)
    if isinstance(data, Examples):
        check_examples(data, caller=caller)
        found = data
    else:
        spec = run.record.data if data is None else str(data)
        splits = _open(run, spec, memory_budget=memory_budget, progress=progress)
        chosen = getattr(splits, split)
        if not isinstance(chosen, Examples):
            raise InputError(
                f"{caller}: `split` must be one that {spec!r} has, train or test; got {split!r}, "
                "which the recipe of the run does not keep aside."
            )
        found = chosen
    _check(run, found, caller=caller)
    record = run.record
    units = (record.mean, record.deviation)
    if record.mean and units != (found.mean, found.deviation):
        # Weights know the units of their training.
        notes = (note for note in found.notes if not note.startswith(_UNITS))
        said = f"{_UNITS}: those that the run was trained with."
        found = replace(found, mean=units[0], deviation=units[1], notes=(*notes, said))
    return found


def _open(
    run: TrainedRun, spec: str, *, memory_budget: int | str, progress: AbstractProgress
) -> ExampleSplits:
    """Open data as `fit` does: text as the named model reads it, images at the size of the run."""
    named, own = card(run.record.model), run.model.card
    if own.vocabulary:
        shape = {"tokens": named.input_shape[0], "vocabulary": named.vocabulary}
    else:
        shape = {} if spec == run.record.data else {"side": own.input_shape[1]}
    return open_examples(
        spec,
        validation=run.recipe.validation,
        memory_budget=memory_budget,
        progress=progress,
        **shape,
    )


def _check(run: TrainedRun, found: Examples, *, caller: str) -> None:
    """Raise `InputError` unless the model reads the inputs and answers in their classes."""
    form, name = run.model.card, run.record.model
    if form.vocabulary:
        kind = ExampleKind.SEQUENCES if _per_token(run) else ExampleKind.SENTENCES
    else:
        kind = ExampleKind.IMAGES
    if found.kind is not kind:
        raise InputError(
            f"{caller}: `data` must be {kind.value}, as {name} reads; got {found.kind.value} of "
            f"{found.spec!r}. Choose data like {run.record.data!r}."
        )
    shape, wanted = tuple(found.inputs.shape[1:]), tuple(form.input_shape)
    fits = shape[0] <= wanted[0] if form.vocabulary else shape == wanted
    if not fits:
        raise InputError(
            f"{caller}: `data` must have samples of shape {wanted}, as {name} reads; got {shape} "
            f"in {found.spec!r}. Choose data like {run.record.data!r}."
        )
    if found.classes != run.record.classes:
        raise InputError(
            f"{caller}: `data` must have the {run.record.classes} classes of the run; got "
            f"{found.classes} in {found.spec!r}. Choose data like {run.record.data!r}."
        )
    _check_tokenizer(run, found, caller=caller)


def _check_tokenizer(run: TrainedRun, found: Examples, *, caller: str) -> None:
    """Raise `InputError` if token numbers of the data mean other words than those of the run."""
    own, theirs = run.vocabulary, found.vocabulary
    if own is not None and theirs is not None and own.to_json() != theirs.to_json():
        raise InputError(
            f"{caller}: `data` must be written in the token numbers of the run; got a tokenizer of "
            f"its own in {found.spec!r}. Encode the texts with `run.vocabulary.encode`."
        )


def _per_token(run: TrainedRun) -> bool:
    """Whether the model answers at every token."""
    return run.model.card.family == "spikformer-lm"


def spread(count: int, wanted: int | None) -> AnyArray:
    """Return `wanted` of `count` numbers, evenly over all of them, ascending.

    Parameters
    ----------
    count : int
        How many there are, at least 0.
    wanted : int or None
        How many to take; all of them if there are fewer, or with None.

    Returns
    -------
    ndarray of shape [S]
        Numbers from 0 to count - 1.

    Examples
    --------
    >>> spread(10, 3).tolist()
    [0, 3, 6]
    """
    if wanted is None or wanted >= count:
        return np.arange(count)
    return np.arange(wanted) * count // max(wanted, 1)


def batches_of(
    examples: Examples, order: AnyArray, size: int, like: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield normalised inputs and targets, on the device and in the type of the weights.

    Parameters
    ----------
    examples : Examples
        Inputs with their mean and deviation.
    order : ndarray of shape [S]
        Which of them, in this order.
    size : int
        How many in a batch; the last one may have fewer.
    like : Tensor
        Whose device and type images get; token numbers stay whole.

    Yields
    ------
    tuple of Tensor
        Inputs [B, ...] and targets of a batch.

    Examples
    --------
    >>> import torch
    >>> from spikedim.training import open_examples
    >>> digits = open_examples("digits").test
    >>> [len(x) for x, _ in batches_of(digits, spread(len(digits), 5), 2, torch.zeros(()))]
    [2, 2, 1]
    """
    for start in range(0, len(order), size):
        x, targets = examples.take(order[start : start + size], device=like.device)
        if x.is_floating_point():
            x = examples.normalise(x).to(like.dtype)
        yield x, targets
