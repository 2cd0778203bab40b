"""Energy before training: a card, T and a firing rate in."""

from spikedim.energy.closed_forms._break_even import break_even_rate
from spikedim.energy.closed_forms._estimate import BreakEven, EnergyEstimate
from spikedim.energy.closed_forms._quantised_bits import quantised_bits
from spikedim.energy.closed_forms._spiking_energy import spiking_energy
from spikedim.energy.closed_forms._twin_energy import twin_energy

__all__ = [
    "BreakEven",
    "EnergyEstimate",
    "break_even_rate",
    "quantised_bits",
    "spiking_energy",
    "twin_energy",
]
