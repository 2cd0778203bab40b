"""The tables of a training run and of recipes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spikedim.models import Coding
from spikedim.report._format import approximate, count, duration, share, shorten
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._training_words import evaluate_command
from spikedim.training import Recipe, TrainingRun

__all__ = ["recipe_table", "recipes_table", "run_origins_table", "training_table"]

_SOURCE = 24  # characters: one line a recipe
_FACTS = (Column("fact"), Column("value"))


def training_table(run: TrainingRun, *, folder: Path | None = None) -> Table:
    """Return what a run came to.

    Parameters
    ----------
    run : TrainingRun
        Finished or not.
    folder : Path, optional
        Where it is; adds that and the next command.

    Returns
    -------
    Table
        One row per fact; those that are missing are left out.
    """
    facts = {
        "accuracy, validation": _percent(
            run.validation_accuracy, f"on {run.validation_samples:,} samples kept aside"
        ),
        "accuracy, training": _percent(run.train_accuracy, "on the batches of the last epoch"),
        "loss, training": "" if run.train_loss is None else approximate(run.train_loss, 3),
        "updates": f"{run.update:,} of {run.updates:,} [{run.status.value}]",
        "wall time": duration(run.seconds)
        + (f" on {run.processes} processes" if run.processes > 1 else ""),
        "run": "" if folder is None else str(folder),
        "next": "" if folder is None else evaluate_command(run, folder),
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return Table("Training", _FACTS, rows)


def _percent(value: float | None, of: str) -> str:
    return "" if value is None else f"{share(value)} % {of}"


def recipes_table(recipes: tuple[Recipe, ...]) -> Table:
    """List recipes, one row each.

    Parameters
    ----------
    recipes : tuple of Recipe
        From `spikedim.training.open_recipe`.

    Returns
    -------
    Table
        Name, length, batch size, learning rate, repository of the source.
    """
    columns = (
        Column("recipe"),
        Column("length"),
        Column("batch", numeric=True),
        Column("learning rate", numeric=True, expendable=1),
        Column("source"),
    )
    rows = tuple(
        (
            recipe.name,
            _length(recipe),
            Quantity(f"{recipe.batch_size:,}", recipe.batch_size),
            Quantity(f"{recipe.optimiser.learning_rate:g}", recipe.optimiser.learning_rate),
            shorten("/".join(recipe.source.partition("@")[0].split("/")[:2]), _SOURCE),
        )
        for recipe in recipes
    )
    return Table("Recipes", columns, rows)


def _length(recipe: Recipe) -> str:
    """Say how long a recipe trains."""
    length = (recipe.epochs, "epoch") if recipe.epochs else (recipe.updates or 0, "update")
    return f"{length[0]:,} {length[1]}{'s'[: length[0] != 1]}"


def recipe_table(run: TrainingRun) -> Table:
    """Return the recipe of a run, changes included.

    Parameters
    ----------
    run : TrainingRun
        A run.

    Returns
    -------
    Table
        One row per value, by dotted path as ``--set`` takes it.
    """
    rows = tuple((key, str(value)) for key, value in _leaves(run.recipe) if value not in (None, ""))
    return Table("Recipe", (Column("key"), Column("value")), rows)


def _leaves(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, value) of a nested mapping."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def run_origins_table(run: TrainingRun) -> Table:
    """Return model, data, seed, versions and fingerprints of a run.

    Parameters
    ----------
    run : TrainingRun
        A run.

    Returns
    -------
    Table
        One row per fact.
    """
    origin = run.provenance
    versions = ", ".join(f"{name} {number}" for name, number in origin.versions.items())
    changed = ", ".join(f"{key} {value}" for key, value in run.overrides.items())
    facts = {
        "model": f"{run.model}, {count(run.parameters, 3)} parameters",
        "changed by data or recipe": changed,
        "coding": _coding(run),
        "data": f"{run.data}, {run.classes:,} classes",
        "samples": f"{run.train_samples:,} for training, {run.validation_samples:,} kept aside",
        "data fingerprint": run.data_fingerprint,
        "began with": run.start_from or "fresh weights",
        "seed": str(run.seed),
        "identity": run.identity,
        "processes": str(run.processes),
        "command": origin.command,
        "spikedim": origin.spikedim_version,
        "libraries": versions,
        "platform": origin.platform,
        "made": origin.created,
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return Table("Provenance of the training", _FACTS, rows)


def _coding(run: TrainingRun) -> str:
    """Say what stood for a number in training."""
    if run.coding is Coding.SPIKES:
        return f"spikes, directly coded, T = {run.steps}"
    if run.coding is Coding.ACTIVATIONS:
        return "activations of an ordinary network"
    if run.code_steps is None:
        return "exact rates"
    return f"rates with the noise of {run.code_steps} Bernoulli spikes"
