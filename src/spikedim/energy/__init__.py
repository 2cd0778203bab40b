"""Energy of an inference: sourced constants and closed-form rule sets."""

from spikedim.energy._break_even import break_even_rate
from spikedim.energy._constants import Confidence, Constant, constants
from spikedim.energy._estimate import BreakEven, EnergyEstimate
from spikedim.energy._quantised_bits import quantised_bits
from spikedim.energy._rules import Movement, Rules, Stem
from spikedim.energy._spiking_energy import spiking_energy
from spikedim.energy._twin_energy import twin_energy

__all__ = [
    "BreakEven",
    "Confidence",
    "Constant",
    "EnergyEstimate",
    "Movement",
    "Rules",
    "Stem",
    "break_even_rate",
    "constants",
    "quantised_bits",
    "spiking_energy",
    "twin_energy",
]
