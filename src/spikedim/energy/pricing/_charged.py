"""A price of a rule set, whose default is a constant of the table."""

from dataclasses import field
from functools import partial
from typing import Any

from spikedim.energy.constants import price

__all__ = ["charged"]


def charged(name: str) -> Any:
    """Return a dataclass field that defaults to the constant `name`, read on construction."""
    return field(default_factory=partial(price, name))
