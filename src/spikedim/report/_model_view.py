"""One model in the terminal, as a page, as a picture."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim.models import Card, Coding, Family
from spikedim.report._format import TIMES, count
from spikedim.report._model_tables import (
    card_layers_table,
    cards_tables,
    published_table,
    switches_table,
    totals_table,
)
from spikedim.report._page import render_page
from spikedim.report._table import Table
from spikedim.report._terminal import result_view, table_view

__all__ = ["card_headline", "card_page", "card_picture", "card_view", "cards_view"]


def cards_view(cards: tuple[Card, ...], families: tuple[Family, ...]) -> RenderableType:
    """Return a list of models for the terminal, family by family.

    Parameters
    ----------
    cards : tuple of Card
        From `spikedim.models.card`.
    families : tuple of Family
        From `spikedim.models.family`.

    Returns
    -------
    RenderableType
        A table a family and how to read them, to print with a Rich console.
    """
    tables = [table_view(table) for table in cards_tables(cards, families)]
    said = (
        f"{len(cards)} models. N tokens of D features in the encoder blocks; published: accuracy "
        "as printed at that T, not measured here; * said by others than the authors. Layers, "
        "sources and switches: spikedim model show NAME"
    )
    return Group(*tables, Padding(Text(said), (1, 0, 0, 0)))


def card_headline(card: Card) -> str:
    """Say the size of a model in one sentence, and how good it was said to be.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    str
        Parameters, operations, neurons and the first published accuracy.
    """
    return (
        f"{card.name}: {card.depth} blocks of {card.tokens} {TIMES} {card.width}, "
        f"{count(card.parameters, 3)} parameters, {count(card.macs, 3)} MACs per step, "
        f"{_neurons(card)}{_published_words(card)}."
    )


def _neurons(card: Card) -> str:
    if card.coding is Coding.ACTIVATIONS:
        return "no neurons"
    return f"{count(card.neurons, 3)} {'spiking' if card.coding.spiking else 'rate'} neurons"


def _published_words(card: Card) -> str:
    if not card.published_results or card.published_results[0].accuracy_percent is None:
        return ""
    best = card.published_results[0]
    side = f" and {best.resolution}²" if best.resolution else ""
    steps = f" at T = {best.steps}" if best.steps else ""
    return f"; published {best.accuracy_percent:.2f} %{steps}{side} [{best.kind.value}]"


def card_view(card: Card, family: Family | None = None) -> RenderableType:
    """Return one model for the terminal.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.
    family : Family, optional
        From `spikedim.models.family`; adds what `build` takes.

    Returns
    -------
    RenderableType
        Headline, layers, totals, published results, switches and remarks, to print with a Rich
        console.
    """
    return result_view(card_headline(card), _tables(card, family), _lines(card, family))


def _tables(card: Card, family: Family | None) -> list[Table]:
    """Return the tables of a model, those without rows left out."""
    tables = [card_layers_table(card), totals_table(card), published_table(card)]
    if family is not None:
        tables.append(switches_table(family))
    return [table for table in tables if table.rows]


def _lines(card: Card, family: Family | None) -> list[str]:
    """Return the remarks of a model, a sentence each."""
    lines = [f"Note: {note}." for note in card.notes]
    if family is not None:
        if family.can_be_built:
            lines.append(f'Build it: spikedim.models.build("{card.name}")')
        else:
            lines.append(f"{family.name} has cards only: build does not make it.")
        if family.has_twin and card.coding.spiking:
            lines.append(f"Twin: {card.name}:softmax; ordinary network: {card.name}:ann")
    return [*lines, f"Shapes: {card.reference}."] if card.reference else lines


def card_page(card: Card, family: Family | None = None) -> str:
    """Return one model as an HTML page that needs no network.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.
    family : Family, optional
        From `spikedim.models.family`; adds what `build` takes.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    # Matplotlib costs most of a second that a model for the terminal need not pay.
    from spikedim.report._model_sections import model_sections

    return render_page(
        card,
        title=f"Model {card.name}",
        headline=card_headline(card),
        kind="card",
        sections=model_sections(card, family, tuple(_lines(card, family))),
        advisories=(),
        readable_by="Card.from_json",
    )


def card_picture(card: Card) -> bytes:
    """Return the chart of parameters and operations by layer as a PNG picture on white.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    bytes
        A PNG file of 1,920 pixels width.
    """
    from matplotlib.figure import Figure

    from spikedim.report._chart import WIDE
    from spikedim.report._model_figure import model_figure
    from spikedim.report._png import to_png

    def draw() -> Figure:
        figure = model_figure(card, WIDE)
        figure.axes[0].set_title(card.name, loc="left", size=12, weight="bold")
        return figure

    return to_png(draw)
