"""Examples: data sets as inputs with targets, split without overlap."""

from spikedim.training.examples._examples import IGNORED, ExampleKind, Examples, ExampleSplits

__all__ = ["IGNORED", "ExampleKind", "ExampleSplits", "Examples"]
