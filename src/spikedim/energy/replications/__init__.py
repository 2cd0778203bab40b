"""Published energies recomputed, with what explains each difference."""

from spikedim.energy.replications._replication import Replication
from spikedim.energy.replications._replications import replications

__all__ = ["Replication", "replications"]
