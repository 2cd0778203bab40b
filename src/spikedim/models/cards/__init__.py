"""Cards: every model as a table of layers, walked without building it."""

from spikedim.models.cards._assembly import Blueprint, Recipe
from spikedim.models.cards._card import Card, LayerRow, Population
from spikedim.models.cards._coding import Coding
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._zoo import card, names, recipe

__all__ = [
    "Blueprint",
    "Card",
    "Coding",
    "LayerRow",
    "Population",
    "Recipe",
    "Setting",
    "card",
    "names",
    "recipe",
]
