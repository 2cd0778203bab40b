"""From printed synaptic operations back to the counts that a rule prices."""

from spikedim.energy.expected import expected_operations
from spikedim.energy.operations import OperationCounts
from spikedim.energy.pricing import Rules, price
from spikedim.models import Card

__all__ = ["MJ_PER_MAC", "counts_of", "energy_mj", "spiking_macs", "stem_mj"]

MJ_PER_MAC = 4.6e-9
"""Millijoule of one multiply-accumulate under every table here."""


def spiking_macs(card: Card) -> int:
    """Return the dense operations of one step that read spikes or sums of them."""
    return sum(row.macs for row in card.layers if row.spiking_input)


def counts_of(card: Card, synaptic_operations: float, *, steps: int) -> OperationCounts:
    """Return counts at the one mean firing rate that gives the printed synaptic operations."""
    rate = synaptic_operations / (steps * spiking_macs(card))
    return expected_operations(card, steps=steps, rate=rate)


def energy_mj(counts: OperationCounts, rules: Rules) -> float:
    """Return the energy under one rule set, the stem in every step."""
    return price(counts, rules=rules, stem="every_step").value_mj


def stem_mj(card: Card, *, passes: int) -> float:
    """Return the energy of the stem."""
    return MJ_PER_MAC * card.first_macs * passes
