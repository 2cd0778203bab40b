"""Rule sets: operations in, energy out."""

from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._options import Chip, Integers, Norms, PriceOptions, Word
from spikedim.energy.pricing._priced import PricedLine, PricedOperations
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._rules import CLOSED_FORM_RULES, Movement, Rules, Stem

__all__ = [
    "CLOSED_FORM_RULES",
    "AbstractRuleSet",
    "Charge",
    "Chip",
    "Integers",
    "Movement",
    "Norms",
    "PriceOptions",
    "PricedLine",
    "PricedOperations",
    "Rules",
    "Stem",
    "Word",
]
