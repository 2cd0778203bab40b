"""The card of a model whose switches change the shape of its populations."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from spikedim.models.cards import Card, Population

__all__ = ["with_pooled_populations", "with_populations"]


def with_populations(card: Card, changed: Mapping[str, tuple[int, int]]) -> Card:
    """Return the card with other tokens and features of the populations that are named."""
    rows = []
    for row in card.layers:
        if row.population is not None and row.population.name in changed:
            name = row.population.name
            row = replace(row, population=Population(name, *changed[name]))
        rows.append(row)
    return replace(card, layers=tuple(rows))


def with_pooled_populations(card: Card, pooled: Collection[str]) -> Card:
    """Return the card with the maps of the named populations halved in front of their neurons."""
    found = {p.name: (p.tokens // 4, p.features) for p in card.populations if p.name in pooled}
    return with_populations(card, found)
