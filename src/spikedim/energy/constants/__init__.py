"""Energy constants, each with unit, word width, node, source, confidence and band."""

from spikedim.energy.constants._constants import (
    CONSTANTS_VERSION,
    Confidence,
    Constant,
    band,
    constants,
    price,
)

__all__ = ["CONSTANTS_VERSION", "Confidence", "Constant", "band", "constants", "price"]
