"""Cards: every model as a table of layers, walked without building it."""

from spikedim.models.cards._assembly import Blueprint, Recipe
from spikedim.models.cards._card import Card, LayerRow, Population
from spikedim.models.cards._coding import Coding
from spikedim.models.cards._published_result import PublishedResult, Source
from spikedim.models.cards._qkformer import QKFormerShape, qkformer_shape
from spikedim.models.cards._sdt_v2 import MetaStage, meta_stages
from spikedim.models.cards._setting import Setting
from spikedim.models.cards._spikingresformer import ResformerStage, resformer_stages
from spikedim.models.cards._statistics import InputStatistics, input_statistics
from spikedim.models.cards._zoo import card, has_twin, names, recipe

__all__ = [
    "Blueprint",
    "Card",
    "Coding",
    "InputStatistics",
    "LayerRow",
    "MetaStage",
    "Population",
    "PublishedResult",
    "QKFormerShape",
    "Recipe",
    "ResformerStage",
    "Setting",
    "Source",
    "card",
    "has_twin",
    "input_statistics",
    "meta_stages",
    "names",
    "qkformer_shape",
    "recipe",
    "resformer_stages",
]
