"""The record of a run that has not begun."""

import hashlib
import json

from spikedim._core import Provenance
from spikedim.models import AbstractSpikingTransformer
from spikedim.training.examples import ExampleSplits
from spikedim.training.fitting._model_for import RunModel
from spikedim.training.recipes import Precision, Recipe
from spikedim.training.runs import RunStatus, TrainingRun

__all__ = ["new_record"]


def new_record(
    model: str,
    built: RunModel,
    splits: ExampleSplits,
    recipe: Recipe,
    seed: int,
    origin: str | None,
    command: str,
) -> TrainingRun:
    """Return the record of a run that has not begun."""
    train = splits.train
    per_epoch = len(train) // recipe.batch_size
    updates = recipe.updates or (recipe.epochs or 1) * per_epoch
    settings = recipe.model_dump(mode="json", exclude={"name", "source", "note"})
    fixed = {
        "model": model,
        "overrides": built.overrides,
        "data": train.fingerprint,
        "recipe": settings,
        "seed": seed,
        "start_from": origin,
    }
    text = json.dumps(fixed, sort_keys=True)
    return TrainingRun(
        model=model,
        overrides=built.overrides,
        coding=built.model.coding,
        code_steps=recipe.noise.steps,
        steps=built.model.steps,
        parameters=sum(p.numel() for p in built.model.parameters() if p.requires_grad),
        data=train.spec,
        data_fingerprint=train.fingerprint,
        notes=(*train.notes, *built.notes, *_notes(built.model, recipe)),
        classes=train.classes,
        mean=train.mean,
        deviation=train.deviation,
        train_samples=len(train),
        validation_samples=0 if splits.validation is None else len(splits.validation),
        recipe=recipe.model_dump(mode="json"),
        seed=seed,
        start_from=origin,
        identity=f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
        status=RunStatus.RUNNING,
        update=0,
        updates=updates,
        train_loss=None,
        train_accuracy=None,
        validation_accuracy=None,
        seconds=0.0,
        processes=1,
        provenance=Provenance.now(command=command, seed=seed, data_fingerprint=train.fingerprint),
    )


def _notes(model: AbstractSpikingTransformer, recipe: Recipe) -> tuple[str, ...]:
    """Say what of the recipe does not act on the model."""
    if not model.coding.spiking and recipe.precision is Precision.BFLOAT16:
        return ("Trained in float32: the kernels of bfloat16 are those of spiking neurons.",)
    return ()
