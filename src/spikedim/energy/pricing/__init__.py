"""Rule sets: operations in, energy out."""

from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._ledger import Ledger, open_ledger, sampled_values
from spikedim.energy.pricing._options import Chip, Integers, Memory, Norms, PriceOptions, Word
from spikedim.energy.pricing._price import price
from spikedim.energy.pricing._priced import PricedLine, PricedOperations
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._rule_sets import rule_set
from spikedim.energy.pricing._rules import (
    CLOSED_FORM_RULES,
    Movement,
    Rules,
    Stem,
    check_option,
)

__all__ = [
    "CLOSED_FORM_RULES",
    "AbstractRuleSet",
    "Charge",
    "Chip",
    "Integers",
    "Ledger",
    "Memory",
    "Movement",
    "Norms",
    "PriceOptions",
    "PricedLine",
    "PricedOperations",
    "Rules",
    "Stem",
    "Word",
    "check_option",
    "open_ledger",
    "price",
    "rule_set",
    "sampled_values",
]
