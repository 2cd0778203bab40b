"""Data sets as tables."""

from rich.console import RenderableType

from spikedim.data import DatasetCard
from spikedim.report._format import size
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._terminal import table_view

__all__ = ["dataset_view", "datasets_table"]


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
