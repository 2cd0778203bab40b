"""What can be done to a network: the promise of every change."""

from abc import ABC, abstractmethod
from enum import StrEnum

from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._context import Context

__all__ = ["AbstractChange", "Gained"]


class Gained(StrEnum):
    """What the gain of a change is a share of."""

    ERROR = "squared error at equal steps"
    ERROR_OF_SPIKES = "squared error at equal spikes"
    ERROR_OF_ENERGY = "squared error at equal energy"
    RELATIVE_ERROR = "squared error relative to its own exact outputs, at equal steps"
    SPIKES = "spikes at the goal"


class AbstractChange(ABC):
    """One thing that can be done to a network.

    Attributes
    ----------
    name : str
        What it is called in tables.
    gained : Gained
        What its gain is a share of.
    demotion : str
        What stands against it even where it gains; empty if nothing does.
    """

    name: str
    gained: Gained
    demotion: str = ""

    @abstractmethod
    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""

    @abstractmethod
    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the changed network."""

    @abstractmethod
    def law_gain(self, context: Context) -> float | None:
        """Return the gain that the response law gives to first order, if it has a say."""

    @abstractmethod
    def what(self, context: Context) -> str:
        """Say what is done."""

    @abstractmethod
    def how(self, context: Context, steps: int) -> str:
        """Return the command or the line of Python that does it, at T."""

    @abstractmethod
    def notes(self, context: Context) -> tuple[str, ...]:
        """Return what a reader must know."""
