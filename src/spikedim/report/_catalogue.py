"""Data sets and models as tables."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim.data import DatasetCard
from spikedim.models import Card
from spikedim.report._format import ABSENT, TIMES, count, size
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._terminal import table_view

__all__ = ["card_headline", "card_view", "cards_table", "dataset_view", "datasets_table"]


def datasets_table(cards: tuple[DatasetCard, ...]) -> Table:
    """List named data sets, one row each.

    Parameters
    ----------
    cards : tuple of DatasetCard
        From `spikedim.data.describe`.

    Returns
    -------
    Table
        Name, kind, size, licence and whether it is on this machine.
    """
    columns = (
        Column("name"),
        Column("kind"),
        Column("samples", numeric=True),
        Column("licence"),
        Column("on this machine"),
    )
    rows = tuple(
        (
            card.name,
            card.modality,
            Quantity(f"{card.samples:,}", card.samples),
            card.licence,
            _where(card),
        )
        for card in cards
    )
    return Table("Data sets", columns, rows)


def _where(card: DatasetCard) -> str:
    if not card.client:
        return "embedded"
    if card.cached:
        return "yes"
    return f"no: spikedim data fetch {card.name} ({size(card.download_bytes)})"


def dataset_view(card: DatasetCard) -> RenderableType:
    """Return one data set for the terminal.

    Parameters
    ----------
    card : DatasetCard
        From `spikedim.data.describe`.

    Returns
    -------
    RenderableType
        One fact per line, to print with a Rich console.
    """
    splits = ", ".join(f"{name} {number:,}" for name, number in card.splits.items())
    facts = {
        "title": card.title,
        "kind": card.modality,
        "shape": " x ".join(map(str, card.item_shape)),
        "samples": splits,
        "classes": ", ".join(card.class_names),
        "layers": ", ".join(card.layers),
        "licence": card.licence,
        "citation": card.citation,
        "package": f"{card.package} ({card.client})" if card.client else card.package,
        "sha256": card.sha256,
        "on this machine": _where(card),
        "notes": " ".join(card.notes),
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return table_view(Table(card.name, (Column("fact"), Column("value")), rows))


def cards_table(cards: tuple[Card, ...]) -> Table:
    """List models, one row each.

    Parameters
    ----------
    cards : tuple of Card
        From `spikedim.models.card`.

    Returns
    -------
    Table
        Name, shape, parameters, operations and neurons.
    """
    columns = (
        Column("model"),
        Column("blocks", numeric=True),
        Column(f"n {TIMES} d", numeric=True),
        Column("parameters", numeric=True),
        Column("MACs", "per step", numeric=True),
        Column("neurons", numeric=True),
        Column("T published", "steps", numeric=True),
    )
    rows = tuple(
        (
            card.name,
            Quantity(str(card.depth), card.depth),
            Quantity(f"{card.tokens} {TIMES} {card.width}", card.tokens * card.width),
            Quantity(count(card.parameters, 3), card.parameters),
            Quantity(count(card.macs, 3), card.macs),
            Quantity(count(card.neurons, 3), card.neurons),
            Quantity(str(card.steps), card.steps),
        )
        for card in cards
    )
    return Table("Models", columns, rows)


def card_headline(card: Card) -> str:
    """Say the size of a model in one sentence.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    str
        Parameters, operations and neurons.
    """
    return (
        f"{card.name}: {card.depth} blocks of {card.tokens} x {card.width}, "
        f"{count(card.parameters, 3)} parameters, {count(card.macs, 3)} MACs per step, "
        f"{count(card.neurons, 3)} spiking neurons."
    )


def card_view(card: Card) -> RenderableType:
    """Return one model for the terminal.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    RenderableType
        Headline, layer table and remarks, to print with a Rich console.
    """
    columns = (
        Column("layer"),
        Column("kind"),
        Column("parameters", numeric=True),
        Column("MACs", "per step", numeric=True),
        Column("input"),
        Column("neurons", numeric=True),
    )
    rows = tuple(
        (
            row.name,
            row.kind,
            Quantity(f"{row.parameters:,}", row.parameters),
            Quantity(f"{row.macs:,}", row.macs),
            "spikes" if row.spiking_input else "numbers",
            Quantity(f"{row.population.neurons:,}", row.population.neurons)
            if row.population
            else Quantity(ABSENT),
        )
        for row in card.layers
    )
    published = f"published: {card.published_parameters} parameters" * bool(
        card.published_parameters
    )
    lines = [line for line in (published, card.reference, *card.notes) if line]
    return Group(
        Text(card_headline(card), style="bold"),
        table_view(Table("Layers", columns, rows)),
        Padding(Text("\n".join(lines)), (1, 0, 0, 0)),
    )
