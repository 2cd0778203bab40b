"""The monitor of synaptic operations that SpikingResformer released."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim.energy.operations import PRODUCTS, OperationCounts, OperationKind, Place
from spikedim.energy.pricing._bookings import is_repeated
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import PriceOptions, Word
from spikedim.energy.pricing._published_bookings import real_inside, without_neurons
from spikedim.energy.pricing._rule_set import AbstractRuleSet

__all__ = ["SpikingResformerMonitor"]


@final
@dataclass(frozen=True)
class SpikingResformerMonitor(AbstractRuleSet):
    """SpikingResformer's monitor: 0.9 pJ for each exact synaptic operation inside [1]_.

    Each product is run again with weights of one, which counts pairs of a spike and an output
    exactly, borders and groups respected; of two activations the side without spikes is replaced
    by ones. The first convolution and the classifier are skipped: by place, whatever they read.

    References
    ----------
    .. [1] X. Shi et al., "SpikingResformer", CVPR 2024; `SOPMonitor` of xyshi2000/SpikingResformer,
       read in utils/utils.py.
    """

    constants: ClassVar[tuple[str, ...]] = ("fp32_add",)
    left_out: ClassVar[str] = (
        "stem, classifier, memory, neuron updates, normalisation, residual additions and pooling "
        "are left out"
    )
    uncertainty: ClassVar[str] = "none: the published form"
    words: ClassVar[tuple[Word, ...]] = (Word.FP32,)

    fp32_add: float = charged("fp32_add")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield one charge, or one of nothing, for every operation."""
        del options
        for index, operation in enumerate(counts.operations):
            counted = operation.kind in PRODUCTS and operation.kind is not OperationKind.SUMMATION
            if counted and operation.place is Place.INSIDE:
                attends = operation.kind in (OperationKind.ATTENTION, OperationKind.MASKING)
                part = "attention" if attends else "synapses"
                repeated = is_repeated(operation)
                field = "weighted_operations" if repeated else "synaptic_operations"
                yield Charge(index, part, "additions", self.fp32_add, field)
            else:
                yield Charge(index, "", "free: folded" if operation.foldable else "left out")

    def variants(self, options: PriceOptions) -> tuple["SpikingResformerMonitor", ...]:
        """Return the published form alone."""
        del options
        return (self,)

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say why the monitor does not apply to a network."""
        del options
        return without_neurons(counts) or real_inside(counts)

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the sum."""
        del counts, options
        return "synapses", "attention"

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say how much the skipped layers compute."""
        del options
        skipped = sum(
            operation.macs / operation.passes
            for operation in counts.operations
            if operation.kind in PRODUCTS and operation.place is not Place.INSIDE
        )
        return (f"{skipped:.3g} multiply-accumulates of stem and classifier, each pass, skipped",)
