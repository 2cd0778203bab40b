"""The sections of the page of a training run."""

from collections.abc import Sequence

from spikedim.report._chart import HALF, Chart, draw
from spikedim.report._format import count
from spikedim.report._sections import Section
from spikedim.report._training_figure import (
    accuracy_curve_alt,
    accuracy_curve_figure,
    loss_curve_alt,
    loss_curve_figure,
)
from spikedim.report._training_tables import recipe_table, run_origins_table, training_table
from spikedim.report._training_words import curve_claim
from spikedim.training import LogKind, LogLine, TrainingRun

__all__ = ["curve_charts", "training_sections"]


def training_sections(run: TrainingRun, log: Sequence[LogLine]) -> tuple[Section, ...]:
    """Return the sections of a run, those without content left out."""
    return (
        Section(
            "training",
            "How the training went",
            curve_claim(log),
            charts=curve_charts(log),
            tables=(training_table(run),),
        ),
        _recipe_section(run),
        Section(
            "origin",
            "Provenance",
            f"{count(run.train_samples)} training samples, seed {run.seed}",
            tables=(run_origins_table(run),),
            lines=run.notes,
        ),
    )


def _recipe_section(run: TrainingRun) -> Section:
    """Return how the network was trained."""
    name, source = run.recipe.get("name", "own"), run.recipe.get("source", "ours")
    claim = f"Recipe {name}, source: {source}"
    note = run.recipe.get("note") or ""
    return Section(
        "recipe",
        "How it was trained",
        claim,
        tables=(recipe_table(run),),
        lines=(note,) if note else (),
    )


def curve_charts(log: Sequence[LogLine]) -> tuple[Chart, ...]:
    """Draw loss and accuracy over the updates; nothing where there are fewer than two."""
    if sum(line.kind is LogKind.UPDATE for line in log) < 2:
        return ()
    return (
        draw(
            "loss",
            lambda width: loss_curve_figure(log, width),
            alt=loss_curve_alt(log),
            caption="What is minimised: with the smoothing, augmentation and mixing of the recipe "
            "it stays above that of plain samples.",
            widths=(HALF,),
        ),
        draw(
            "learning",
            lambda width: accuracy_curve_figure(log, width),
            alt=accuracy_curve_alt(log),
            caption="Training accuracy is on batches as the recipe changes them and may lie below "
            "that on the samples kept aside. Of many updates, neighbours are averaged.",
            widths=(HALF,),
        ),
    )
