"""Rule set M1: M0, the weights actually read, and the membrane read and written each step."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import ClassVar, final

from spikedim.energy.constants import band, price
from spikedim.energy.operations import Operation, OperationCounts, OperationKind
from spikedim.energy.pricing._bookings import is_dense, repeats, spikes_in
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._options import Memory, PriceOptions
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._sop import SopProxy

__all__ = ["SopMemory"]

# Constant of each memory, and how many bits its price is for.
_MEMORIES = {
    Memory.STEP: ("step_memory", 1),
    Memory.SRAM_8KB: ("cache_8kb", 64),
    Memory.SRAM_32KB: ("cache_32kb", 64),
    Memory.SRAM_1MB: ("cache_1mb", 64),
    Memory.DRAM: ("dram", 64),
}
_WORDS = "memory priced for words of 32 or of 64 bits, a factor 2"
_WIDTHS = {
    **dict.fromkeys((Memory.SRAM_8KB, Memory.SRAM_32KB, Memory.SRAM_1MB), _WORDS),
    Memory.DRAM: "memory at both ends of the printed range",
}


@final
@dataclass(frozen=True)
class SopMemory(AbstractRuleSet):
    """M0, one read of every weight that an active input asks for, two accesses a membrane.

    A dense product asks for all its weights, unless it leaves out zeros.
    """

    constants: ClassVar[tuple[str, ...]] = ("fp32_mac", "fp32_add", "step_memory")
    left_out: ClassVar[str] = "activation traffic, neuron arithmetic and control are left out"
    uncertainty: ClassVar[str] = "memory priced per bit or per byte"

    products: SopProxy = field(default_factory=SopProxy)
    memory_bit: float | None = None
    """Picojoule a bit; that of the chosen memory without one."""

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield the charges of M0 and those of memory."""
        yield from self.products.charges(counts, options)
        name, bits = _MEMORIES[options.memory]
        word = options.word.bits * (
            price(name) / bits if self.memory_bit is None else self.memory_bit
        )
        for index, operation in enumerate(counts.operations):
            if operation.weights:
                each = word * repeats(operation, counts, options)
                yield _reads(index, operation, each, options)
            if operation.kind is OperationKind.NEURON:
                moved = 2 * word * operation.passes * operation.neurons
                yield Charge(index, "membranes", "membranes read and written", fixed_pj=moved)

    def variants(self, options: PriceOptions) -> tuple["SopMemory", ...]:
        """Return the rule set at every corner: the price of the memory, and both its ends."""
        name, bits = _MEMORIES[options.memory]
        ends = (end / bits for end in band(name) if end != price(name))
        return tuple(
            replace(self, products=products, memory_bit=each)
            for each, products in product((self.memory_bit, *ends), self.products.variants(options))
        )

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return those of M0 and the memories; an ordinary network has no membranes."""
        memories = ("weight_reads", "membranes") if spikes_in(counts) else ("weight_reads",)
        return (*self.products.parts(counts, options), *memories)

    def used(self, options: PriceOptions) -> tuple[str, ...]:
        """Return the names of the constants of one word."""
        return (*self.products.used(options), _MEMORIES[options.memory][0])

    def band(self, options: PriceOptions) -> str:
        """Say what is varied."""
        # SpikingJelly reads 3.12 pJ as per bit; the digests do not say: it may be per byte.
        varied = self.uncertainty if options.memory is Memory.STEP else _WIDTHS[options.memory]
        return "; ".join((varied, *self.products.shares(options)))

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return those of M0."""
        return self.products.notes(counts, options)


def _reads(index: int, operation: Operation, each_pj: float, options: PriceOptions) -> Charge:
    """Book the weights that a pass reads, each once."""
    # Where zeros are skipped no operation is left that has one.
    if is_dense(operation, options) and operation.macs > operation.synaptic_operations:
        read = each_pj * operation.weights * operation.passes
        return Charge(index, "weight_reads", "all weights read", fixed_pj=read)
    return Charge(index, "weight_reads", "weights read", each_pj, "weights_read")
