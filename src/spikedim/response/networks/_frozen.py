"""A module whose parameters stay out of the graph for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

__all__ = ["frozen"]


@contextmanager
def frozen(model: nn.Module | None) -> Iterator[None]:
    """Let no parameter require a gradient, and give each its flag back afterwards.

    Derivatives by rates need no derivatives by weights: without them the graph keeps less.
    """
    moved = [p for p in model.parameters() if p.requires_grad] if model is not None else []
    try:
        for parameter in moved:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in moved:
            parameter.requires_grad_(True)
