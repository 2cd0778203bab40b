"""A network that may take the place of a run, at any number of steps."""

from abc import ABC, abstractmethod
from typing import final

from spikedim.planning.advice._energy_rates import EnergyRates
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._sampled import Sampled

__all__ = ["AbstractCandidate"]


class AbstractCandidate(ABC):
    """A network with a setting, sampled on demand; what was sampled once is remembered.

    Parameters
    ----------
    least_steps : int
        The fewest steps that it can run.
    """

    def __init__(self, *, least_steps: int = 1) -> None:
        self.least_steps = least_steps
        self._found: dict[tuple[str, int], Sampled] = {}

    @final
    def sample(self, half: Half, steps: int) -> Sampled:
        """Return what the samples of a half give at `steps` steps."""
        key = half.name, steps
        if key not in self._found:
            self._found[key] = self._sample(half, steps)
        return self._found[key]

    @abstractmethod
    def _sample(self, half: Half, steps: int) -> Sampled:
        """Run the samples."""

    @abstractmethod
    def allocation(self, steps: int) -> dict[str, int]:
        """Return the T of every population; empty if all have the same."""

    @abstractmethod
    def latency(self, steps: int) -> int:
        """Return the steps until an answer."""

    @abstractmethod
    def energy_mj(self, half: Half, steps: int, rates: EnergyRates) -> float:
        """Return millijoule of one inference."""
