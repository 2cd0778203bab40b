"""The sections of the page of an evaluation."""

from collections.abc import Sequence

from spikedim.report._accuracy_figure import (
    accuracy_alt,
    accuracy_figure,
    cost_alt,
    cost_figure,
    with_cost,
)
from spikedim.report._chart import HALF, NARROW, WIDE, Chart, draw
from spikedim.report._evaluation_tables import (
    evaluation_origins_table,
    evaluation_table,
    populations_table,
)
from spikedim.report._evaluation_words import accuracy_claim, evaluation_lines, rates_claim
from spikedim.report._format import count
from spikedim.report._rates_figure import rates_alt, rates_figure
from spikedim.report._sections import Section
from spikedim.report._training_sections import curve_charts
from spikedim.report._training_words import curve_claim
from spikedim.training import Evaluation, LogLine

__all__ = ["evaluation_sections"]


def evaluation_sections(found: Evaluation, log: Sequence[LogLine]) -> tuple[Section, ...]:
    """Return the sections of an evaluation, those without content left out."""
    sections = [
        Section(
            "accuracy",
            "Accuracy against T",
            accuracy_claim(found),
            charts=_accuracy_charts(found),
            tables=(evaluation_table(found),),
            lines=evaluation_lines(found),
        )
    ]
    if found.populations:
        sections.append(_rates_section(found))
    if charts := curve_charts(log):
        claim = curve_claim(log)
        sections.append(Section("training", "How the training went", claim, charts=charts))
    sections.append(
        Section(
            "origin",
            "Provenance",
            f"{count(found.samples)} samples of {found.data}, {found.split}",
            tables=(evaluation_origins_table(found),),
        )
    )
    return tuple(sections)


def _accuracy_charts(found: Evaluation) -> tuple[Chart, ...]:
    costly = len(with_cost(found)) > 1
    charts = [
        draw(
            "accuracy",
            lambda width: accuracy_figure(found, width),
            alt=accuracy_alt(found),
            caption="Bars are 95 % intervals over the samples (Wilson). The axis need not "
            "begin at 0 %.",
            widths=(HALF,) if costly else (WIDE, NARROW),
        )
    ]
    if costly:
        charts.append(
            draw(
                "cost",
                lambda width: cost_figure(found, width),
                alt=cost_alt(found),
                caption="The same accuracies against what they cost: all spikes of all "
                "populations for one sample.",
                widths=(HALF,),
            )
        )
    return tuple(charts)


def _rates_section(found: Evaluation) -> Section:
    stepped = any(len(population.rates) > 1 for population in found.populations)
    cells = "Each cell is a step, its colour the stronger the more a neuron fires in it. " * stepped
    chart = draw(
        "rates",
        lambda width: rates_figure(found, width),
        alt=rates_alt(found),
        caption=f"{cells}Populations from input (top) to output; bars are the spikes of one sample "
        "in all steps.",
    )
    return Section(
        "rates",
        "Where spikes go",
        rates_claim(found),
        charts=(chart,),
        tables=(populations_table(found),),
    )
