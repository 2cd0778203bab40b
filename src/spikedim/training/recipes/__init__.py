"""Recipes: how a model is trained, as YAML in the package or of your own."""

from spikedim.training.recipes._default_recipe_name import default_recipe_name
from spikedim.training.recipes._open_recipe import open_recipe, recipe_names
from spikedim.training.recipes._recipe import (
    Augmentation,
    LossKind,
    Mixing,
    Neurons,
    Noise,
    Objective,
    Optimiser,
    OptimiserKind,
    Precision,
    RandAugment,
    Recipe,
    Schedule,
)

__all__ = [
    "Augmentation",
    "LossKind",
    "Mixing",
    "Neurons",
    "Noise",
    "Objective",
    "Optimiser",
    "OptimiserKind",
    "Precision",
    "RandAugment",
    "Recipe",
    "Schedule",
    "default_recipe_name",
    "open_recipe",
    "recipe_names",
]
