"""Rule set M1: M0, the weights actually read, and the membrane read and written each step."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import ClassVar, final

from spikedim.energy.operations import OperationCounts, OperationKind
from spikedim.energy.pricing._bookings import repeats, spikes_in
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import PriceOptions
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._sop import SopProxy

__all__ = ["SopMemory"]

_BITS_OF_A_BYTE = 8


@final
@dataclass(frozen=True)
class SopMemory(AbstractRuleSet):
    """M0, one read of every weight that an active input asks for, two accesses a membrane."""

    constants: ClassVar[tuple[str, ...]] = ("fp32_mac", "fp32_add", "step_memory")
    left_out: ClassVar[str] = "activation traffic, neuron arithmetic, DRAM and control are left out"
    uncertainty: ClassVar[str] = "memory priced per bit or per byte"

    products: SopProxy = field(default_factory=SopProxy)
    memory_bit: float = charged("step_memory")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield the charges of M0 and those of memory."""
        yield from self.products.charges(counts, options)
        word = self.memory_bit * options.word.bits
        for index, operation in enumerate(counts.operations):
            if operation.weights:
                each = word * repeats(operation, counts, options)
                yield Charge(index, "weight_reads", "weights read", each, "weights_read")
            if operation.kind is OperationKind.NEURON:
                moved = 2 * word * operation.passes * operation.neurons
                yield Charge(index, "membranes", "membranes read and written", fixed_pj=moved)

    def variants(self, options: PriceOptions) -> tuple["SopMemory", ...]:
        """Return the rule set at every corner."""
        # SpikingJelly reads 3.12 pJ as per bit; the digests do not say: it may be per byte.
        prices = (self.memory_bit, self.memory_bit / _BITS_OF_A_BYTE)
        return tuple(
            replace(self, products=products, memory_bit=price)
            for price, products in product(prices, self.products.variants(options))
        )

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return those of M0 and the memories; an ordinary network has no membranes."""
        memories = ("weight_reads", "membranes") if spikes_in(counts) else ("weight_reads",)
        return (*self.products.parts(counts, options), *memories)

    def used(self, options: PriceOptions) -> tuple[str, ...]:
        """Return the names of the constants of one word."""
        return (*self.products.used(options), "step_memory")

    def band(self, options: PriceOptions) -> str:
        """Say what is varied."""
        return "; ".join((self.uncertainty, *self.products.shares(options)))

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return those of M0."""
        return self.products.notes(counts, options)
