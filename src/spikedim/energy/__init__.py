"""Energy of an inference: sourced constants and closed-form rule sets."""

from spikedim.energy._estimate import BreakEven, EnergyEstimate

__all__ = ["BreakEven", "EnergyEstimate"]
