"""Energy constants, each with unit, word width, node, source and confidence."""

from spikedim.energy.constants._constants import Confidence, Constant, constants, price

__all__ = ["Confidence", "Constant", "constants", "price"]
