"""The sections of the page of a model."""

from spikedim.models import Card, Family
from spikedim.report._chart import draw
from spikedim.report._model_figure import model_alt, model_claim, model_figure
from spikedim.report._model_tables import (
    card_layers_table,
    published_table,
    switches_table,
    totals_table,
)
from spikedim.report._sections import Section

__all__ = ["model_sections"]


def model_sections(
    card: Card, family: Family | None, lines: tuple[str, ...]
) -> tuple[Section, ...]:
    """Return the sections of a model, those without content left out."""
    chart = draw(
        "layers",
        lambda width: model_figure(card, width),
        alt=model_alt(card),
        caption="Layers, or the modules of a large model, from input (top) to output. Left what "
        "must be stored, right what must be computed in each step.",
    )
    sections = [
        Section(
            "layers",
            "Where the operations are",
            model_claim(card),
            charts=(chart,),
            tables=(totals_table(card),),
        )
    ]
    if card.published_results:
        sections.append(
            Section(
                "published",
                "What was printed",
                f"{len(card.published_results)} published numbers, none measured here",
                tables=(published_table(card),),
            )
        )
    if family is not None and family.switches:
        sections.append(
            Section(
                "switches",
                "What can be chosen",
                f"{len(family.switches)} switches; the defaults are correct",
                tables=(switches_table(family),),
            )
        )
    claim = f"{len(card.layers)} rows in the order of the forward pass"
    sections.append(
        Section("table", "Every layer", claim, tables=(card_layers_table(card),), lines=lines)
    )
    return tuple(sections)
