"""The rule set of each name."""

from functools import cache

from spikedim.energy.pricing._chip import ChipPrices
from spikedim.energy.pricing._compute_movement import ComputeMovement
from spikedim.energy.pricing._lemaire import Lemaire
from spikedim.energy.pricing._published_spikformer import SpikformerFirst, SpikformerSecond
from spikedim.energy.pricing._published_spikingformer import SpikingformerTool
from spikedim.energy.pricing._published_spikingresformer import SpikingResformerMonitor
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._rules import Rules
from spikedim.energy.pricing._sop import SopProxy
from spikedim.energy.pricing._sop_memory import SopMemory

__all__ = ["rule_set"]

_RULE_SETS: dict[Rules, type[AbstractRuleSet]] = {
    Rules.M0: SopProxy,
    Rules.M1: SopMemory,
    Rules.M2: Lemaire,
    Rules.M3: ComputeMovement,
    Rules.M4: ChipPrices,
    Rules.SPIKFORMER_A: SpikformerFirst,
    Rules.SPIKFORMER_B: SpikformerSecond,
    Rules.SPIKINGFORMER: SpikingformerTool,
    Rules.SPIKINGRESFORMER: SpikingResformerMonitor,
}


@cache
def rule_set(rules: Rules) -> AbstractRuleSet:
    """Return a rule set with the prices of the table."""
    return _RULE_SETS[rules]()
