"""Spiking transformers at their official shapes: cards now, networks later."""

from spikedim.models._card import Card, LayerRow, Population
from spikedim.models._zoo import card, names

__all__ = ["Card", "LayerRow", "Population", "card", "names"]
