"""The rule set of each name."""

from functools import cache

from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._rules import Rules
from spikedim.energy.pricing._sop import SopProxy

__all__ = ["rule_set"]

_RULE_SETS: dict[Rules, type[AbstractRuleSet]] = {
    Rules.M0: SopProxy,
}


@cache
def rule_set(rules: Rules) -> AbstractRuleSet:
    """Return a rule set with the prices of the table."""
    return _RULE_SETS[rules]()
