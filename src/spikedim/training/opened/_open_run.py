"""A run folder opened: the model with its weights, and what is known of its training."""

import os
from dataclasses import dataclass
from typing import final

import torch
from pydantic import ValidationError

from spikedim._core import InputError, fingerprint_arrays
from spikedim.models import AbstractSpikingTransformer, build, open_model
from spikedim.training.examples import Vocabulary
from spikedim.training.opened._initial_membrane import with_initial_membrane
from spikedim.training.recipes import Recipe
from spikedim.training.runs import RunFolder, RunStatus, TrainingRun, read_checkpoint

__all__ = ["TrainedRun", "open_run", "recipe_of"]


@final
@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A trained model and the record of its training.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        In evaluation mode.
    record : TrainingRun
        What the run folder says about itself.
    recipe : Recipe
        How it was trained.
    vocabulary : Vocabulary or None
        Tokenizer of a run on text; None for others.
    notes : tuple of str
        What a reader of a result must know of the run, e.g. that it is not finished.
    name : str
        What to call it: the name of its folder.
    """

    model: AbstractSpikingTransformer
    record: TrainingRun
    recipe: Recipe
    vocabulary: Vocabulary | None = None
    notes: tuple[str, ...] = ()
    name: str = "run"

    @property
    def fingerprint(self) -> str:
        """Identity of the weights as they are now."""
        state = self.model.state_dict()
        names = sorted(state)
        arrays = (state[name].detach().cpu().numpy() for name in names)
        return fingerprint_arrays(*arrays, salt="\n".join(names))


def open_run(path: str | os.PathLike[str]) -> TrainedRun:
    """Open the folder of a run: model, weights, record, recipe and tokenizer.

    Parameters
    ----------
    path : path-like
        Folder that `fit` wrote.

    Returns
    -------
    TrainedRun
        Of a run that is not finished: with the weights of its last checkpoint, and a note that
        says so.

    Raises
    ------
    InputError
        If there is no such folder, a file of it is missing or damaged, or its weights belong to
        another model than its record.

    See Also
    --------
    evaluate : Accuracy, loss and spikes of a run at any T.
    open_activations : What enters one of its layers.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     run = open_run(folder)
    >>> run.model.card.name, run.record.update, run.notes
    ('spikformer-2-64/digits', 1, ())
    """
    folder = RunFolder.open(path)
    record = folder.read()
    recipe = recipe_of(record, folder)
    notes: tuple[str, ...] = ()
    if record.status is RunStatus.FINISHED:
        model = _finished(record, folder)
    else:
        model, notes = _unfinished(record, recipe, folder)
    name = folder.path.resolve().name
    return TrainedRun(model.eval(), record, recipe, _vocabulary(folder), notes, name)


def recipe_of(record: TrainingRun, folder: RunFolder) -> Recipe:
    """Return the recipe of a record."""
    try:
        return Recipe.model_validate(record.recipe)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        raise InputError(
            f"open_run: `path` must hold the recipe of the run; got {first['input']!r:.80} for "
            f"{where!r} in {str(folder.record)!r} ({first['msg'].lower()}). Put back a copy of it."
        ) from error


def _finished(record: TrainingRun, folder: RunFolder) -> AbstractSpikingTransformer:
    """Return the model with its last weights."""
    if not folder.weights.is_file():
        raise InputError(
            f"open_run: `path` must hold the weights of a finished run; got {str(folder.path)!r} "
            f"without {folder.weights.name}. Copy the folder as a whole."
        )
    model = open_model(folder.weights, dtype=torch.float32)  # `keep_run` stores halves
    built = None if model.built_from is None else model.built_from.name
    if built != record.model:
        raise InputError(
            f"open_run: `path` must hold one run; got {str(folder.path)!r}, whose record is of "
            f"{record.model} and whose weights are of {built}. Copy the folder as a whole."
        )
    return model


def _unfinished(
    record: TrainingRun, recipe: Recipe, folder: RunFolder
) -> tuple[AbstractSpikingTransformer, tuple[str, ...]]:
    """Return the model as the last checkpoint has it, and say how far that is."""
    checkpoint = read_checkpoint(folder)
    if checkpoint is None:
        begun, advice = "a run", "Wait for its first one, or continue it with --resume."
        if record.status is RunStatus.DIVERGED:
            begun, advice = "a run that diverged", "Train anew at a lower learning rate."
        raise InputError(
            f"open_run: `path` must hold weights; got {str(folder.path)!r} of {begun} without a "
            f"checkpoint yet. {advice}"
        )
    model = build(record.model, steps=record.steps, **record.overrides)
    model = with_initial_membrane(model, recipe.neurons.initial_membrane or None)
    try:
        model.load_state_dict(dict(checkpoint.model))
    except RuntimeError as error:
        raise InputError(
            f"open_run: `path` must hold one run; got {str(folder.path)!r}, whose checkpoint has "
            f"not the weights of {record.model} ({str(error).splitlines()[-1].strip():.120}). "
            "Copy the folder as a whole."
        ) from error
    why = "diverged" if record.status is RunStatus.DIVERGED else "is not finished"
    note = (
        f"The run {why}: these are the weights of its last checkpoint, update "
        f"{checkpoint.update} of {record.updates}."
    )
    return model, (note, checkpoint.note) if checkpoint.note else (note,)


def _vocabulary(folder: RunFolder) -> Vocabulary | None:
    """Return the tokenizer, None where a run has none."""
    if not folder.tokenizer.is_file():
        return None
    return Vocabulary.from_json(folder.tokenizer.read_text(encoding="utf-8"))
