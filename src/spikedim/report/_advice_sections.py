"""The sections of the page of an advice."""

from spikedim.planning import Advice
from spikedim.report._advice_figure import advice_alt, advice_figure
from spikedim.report._advice_tables import (
    advice_costs_table,
    advice_how_table,
    advice_origins_table,
    advice_rejected_table,
    advice_table,
)
from spikedim.report._advice_words import (
    advice_lines,
    changes_claim,
    costs_claim,
    rejected_claim,
)
from spikedim.report._chart import Chart, draw
from spikedim.report._sections import Section

__all__ = ["advice_sections"]


def advice_sections(advice: Advice) -> tuple[Section, ...]:
    """Return the sections of an advice, those without content left out."""
    sections = []
    if advice.changes:
        sections += [
            Section(
                "changes",
                "What changes save",
                changes_claim(advice),
                charts=(_chart(advice),),
                tables=(advice_table(advice),),
                lines=advice_lines(advice),
            ),
            Section(
                "costs",
                "Steps, spikes, energy",
                costs_claim(advice),
                tables=(advice_costs_table(advice),),
            ),
            Section(
                "how",
                "How it is done",
                "A command or a line of Python for each change",
                tables=(advice_how_table(advice),),
            ),
        ]
    else:
        claim = changes_claim(advice)
        table = advice_costs_table(advice)
        lines = advice_lines(advice)
        sections.append(
            Section("changes", "What changes save", claim, tables=(table,), lines=lines)
        )
    if advice.rejected:
        claim, table = rejected_claim(advice), advice_rejected_table(advice)
        sections.append(Section("rejected", "Not advised", claim, tables=(table,)))
    sections.append(
        Section(
            "origin",
            "Provenance",
            f"{advice.run} on {advice.data}, {advice.split}",
            tables=(advice_origins_table(advice),),
            lines=advice.provenance.assumptions,
        )
    )
    return tuple(sections)


def _chart(advice: Advice) -> Chart:
    return draw(
        "gains",
        lambda width: advice_figure(advice, width),
        alt=advice_alt(advice),
        caption="Hollow circles are predictions from one half of the samples, squares measurements "
        "on the other, bands their 95 % intervals. Each gain is a share of what the table names.",
    )
