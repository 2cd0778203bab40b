"""Unequal steps: where they buy most."""

from spikedim.response.allocation._allocation import AllocatedPopulation, Allocation

__all__ = ["AllocatedPopulation", "Allocation"]
