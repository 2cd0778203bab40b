"""Training: recipes, examples, runs that resume exactly, and what they show."""

from spikedim.training.examples import IGNORED, ExampleKind, Examples, ExampleSplits
from spikedim.training.recipes import Recipe, open_recipe, recipe_names

__all__ = [
    "IGNORED",
    "ExampleKind",
    "ExampleSplits",
    "Examples",
    "Recipe",
    "open_recipe",
    "recipe_names",
]
