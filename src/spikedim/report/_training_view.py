"""A training run as terminal text and as one HTML page; recipes as text."""

from collections.abc import Sequence
from pathlib import Path

import yaml
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim.report._page import render_page
from spikedim.report._terminal import result_view, table_view
from spikedim.report._training_tables import recipes_table, training_table
from spikedim.report._training_words import training_advisories, training_headline
from spikedim.training import LogLine, Recipe, TrainingRun

__all__ = ["recipe_text", "recipes_view", "training_page", "training_view"]


def training_view(run: TrainingRun, *, folder: Path | None = None) -> RenderableType:
    """Return a training run for the terminal.

    Parameters
    ----------
    run : TrainingRun
        Finished or not.
    folder : Path, optional
        Where it is; adds that and the next command.

    Returns
    -------
    RenderableType
        Headline, table, remarks and warnings, to print with a Rich console.
    """
    return result_view(
        training_headline(run),
        [training_table(run, folder=folder)],
        [f"Note: {note}" for note in run.notes],
        training_advisories(run),
    )


def training_page(run: TrainingRun, log: Sequence[LogLine] = ()) -> str:
    """Return a training run as one HTML page that needs no network.

    Parameters
    ----------
    run : TrainingRun
        Finished or not.
    log : sequence of LogLine
        From `spikedim.training.read_log`; draws the curves.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    # Matplotlib costs most of a second that a training for the terminal need not pay.
    from spikedim.report._training_sections import training_sections

    return render_page(
        run,
        title=f"Training of {run.model}",
        headline=training_headline(run),
        kind="run",
        sections=training_sections(run, log),
        advisories=training_advisories(run),
        readable_by="TrainingRun.from_json",
    )


def recipes_view(recipes: tuple[Recipe, ...]) -> RenderableType:
    """Return a list of recipes for the terminal.

    Parameters
    ----------
    recipes : tuple of Recipe
        From `spikedim.training.open_recipe`.

    Returns
    -------
    RenderableType
        A table and how to see one of them, to print with a Rich console.
    """
    said = (
        f"{len(recipes)} recipes. One of them with its commit, how it departs from its source and "
        "every value, as YAML to copy and change: spikedim train --recipes NAME"
    )
    return Group(table_view(recipes_table(recipes)), Padding(Text(said), (1, 0, 0, 0)))


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as YAML, every value written out.

    Parameters
    ----------
    recipe : Recipe
        From `spikedim.training.open_recipe`.

    Returns
    -------
    str
        What `spikedim.training.open_recipe` reads as the same recipe.
    """
    values = recipe.model_dump(mode="json")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=88)
