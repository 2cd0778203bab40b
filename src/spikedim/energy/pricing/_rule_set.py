"""What every rule set supplies: its books, its constants, and how uncertain they are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from spikedim.energy.operations import OperationCounts
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._options import PriceOptions

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
    """

    constants: tuple[str, ...]
    left_out: str
    uncertainty: str

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
