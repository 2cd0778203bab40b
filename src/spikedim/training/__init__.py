"""Training: recipes, examples, runs that resume exactly, and what they show."""

from spikedim.training.examples import (
    IGNORED,
    ExampleKind,
    Examples,
    ExampleSplits,
    open_examples,
)
from spikedim.training.recipes import Recipe, open_recipe, recipe_names

__all__ = [
    "IGNORED",
    "ExampleKind",
    "ExampleSplits",
    "Examples",
    "Recipe",
    "open_examples",
    "open_recipe",
    "recipe_names",
]
