"""The operations that a card, T and a firing rate let expect, before anything runs."""

from spikedim.energy.expected._expected_operations import expected_operations
from spikedim.energy.expected._expected_twin_operations import expected_twin_operations
from spikedim.energy.expected._firing import Firing

__all__ = ["Firing", "expected_operations", "expected_twin_operations"]
