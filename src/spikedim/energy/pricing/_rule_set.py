"""What every rule set supplies: its books, its constants, and how uncertain they are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from spikedim.energy.operations import OperationCounts
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._options import PriceOptions, Word

__all__ = ["AbstractRuleSet"]


class AbstractRuleSet(ABC):
    """One way to book operations.

    Attributes
    ----------
    constants : tuple of str
        Names of the constants that it charges.
    left_out : str
        What it does not charge, in one sentence.
    uncertainty : str
        What `variants` varies.
    words : tuple of Word
        Words of arithmetic that it has prices of; every one unless it says otherwise.
    """

    constants: ClassVar[tuple[str, ...]]
    left_out: ClassVar[str]
    uncertainty: ClassVar[str]
    words: ClassVar[tuple[Word, ...]] = tuple(Word)

    @abstractmethod
    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield the charges of every operation, and of what belongs to no layer."""

    @abstractmethod
    def variants(self, options: PriceOptions) -> "tuple[AbstractRuleSet, ...]":
        """Return the same rule set at every corner of its constants, itself first."""

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say why the rule set does not apply to a network, or nothing if it does."""
        del counts, options
        return ""

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts that the breakdown shows even if nothing is in them, in order."""
        del counts, options
        return ()

    def used(self, options: PriceOptions) -> tuple[str, ...]:
        """Return the names of the constants that it charges under these options."""
        del options
        return self.constants

    def band(self, options: PriceOptions) -> str:
        """Say what `variants` varies under these options."""
        del options
        return self.uncertainty

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return what else a reader must know of this network under this rule set."""
        del counts, options
        return ()
