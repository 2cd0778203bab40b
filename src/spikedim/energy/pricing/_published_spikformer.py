"""The two published energy rules of Spikformer: first revision and second."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim.energy.operations import PRODUCTS, Operation, OperationCounts, OperationKind, Place
from spikedim.energy.pricing._bookings import is_pixel_product
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import PriceOptions, Word
from spikedim.energy.pricing._published_bookings import (
    rate_charge,
    reads_spikes,
    real_inside,
    without_neurons,
)
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.models import card, names

__all__ = ["SpikformerFirst", "SpikformerSecond"]

_NOTE = "firing rate times dense operations: borders count in full, sums of spikes by their value"
_STEM_CHANNELS = 64  # of the stem of width 512, whose constant the table adds at every width


def _synapses(
    counts: OperationCounts, each_pj: float
) -> Iterator[tuple[int, Operation, Charge | None]]:
    """Yield every operation with its charge, None where the formula has none."""
    for index, operation in enumerate(counts.operations):
        counted = operation.kind in PRODUCTS and operation.kind is not OperationKind.SUMMATION
        if not counted or not reads_spikes(operation):
            yield index, operation, None
            continue
        attends = operation.kind in (OperationKind.ATTENTION, OperationKind.MASKING)
        part = "attention" if attends else "synapses"
        yield index, operation, rate_charge(index, operation, each_pj, part)


def _refusal(counts: OperationCounts) -> str:
    """Say why the formula does not apply, or nothing if it does."""
    return without_neurons(counts) or real_inside(counts)


@final
@dataclass(frozen=True)
class SpikformerFirst(AbstractRuleSet):
    """First revision of Spikformer: 77 fJ for each synaptic operation, and nothing else [1]_.

    Synaptic operations are the mean of what a layer reads times its dense operations, in all
    steps. Which layers count is by kind: convolutions, linear products, attention and a head that
    reads spikes; stem and head of real values are not in the printed energies.

    References
    ----------
    .. [1] Z. Zhou et al., "Spikformer: when spiking neural network meets transformer", arXiv
       2209.15425, first revision; energies and operations of its results table.
    """

    constants: ClassVar[tuple[str, ...]] = ("spikformer_sop",)
    left_out: ClassVar[str] = "stem, head, memory, neuron updates and everything else are left out"
    uncertainty: ClassVar[str] = "none: the published form"
    words: ClassVar[tuple[Word, ...]] = (Word.FP32,)

    spikformer_sop: float = charged("spikformer_sop")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield one charge, or one of nothing, for every operation."""
        del options
        for index, _, charge in _synapses(counts, self.spikformer_sop):
            yield charge or Charge(index, "", "left out")

    def variants(self, options: PriceOptions) -> tuple["SpikformerFirst", ...]:
        """Return the published form alone."""
        del options
        return (self,)

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say why the formula does not apply to a network."""
        del options
        return _refusal(counts)

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the sum."""
        del counts, options
        return "synapses", "attention"

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say how operations were counted."""
        del counts, options
        return (_NOTE,)


@final
@dataclass(frozen=True)
class SpikformerSecond(AbstractRuleSet):
    """Second revision: 0.9 pJ for each synaptic operation, and a stem constant [1]_.

    The printed energies hold one constant, 1.596 mJ, at every width: 4.6 pJ for the 0.347 G
    multiply-accumulates of the stem of width 512 in four steps. The rule therefore prices the
    convolution that reads the image as if it had the 64 channels of that width, at the size of
    the network's own image and in every step. Other layers as in the first revision.

    References
    ----------
    .. [1] Z. Zhou et al., "Spikformer: when spiking neural network meets transformer", ICLR 2023;
       energies and operations of its results table.
    """

    constants: ClassVar[tuple[str, ...]] = ("fp32_mac", "fp32_add")
    left_out: ClassVar[str] = "head, memory, neuron updates and everything else are left out"
    uncertainty: ClassVar[str] = "none: the published form"
    words: ClassVar[tuple[Word, ...]] = (Word.FP32,)

    fp32_add: float = charged("fp32_add")
    fp32_mac: float = charged("fp32_mac")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield one charge, or one of nothing, for every operation."""
        del options
        for index, operation, charge in _synapses(counts, self.fp32_add):
            if charge is None and _is_stem(operation):
                dense = operation.macs / operation.passes * _channel_factor(operation, counts)
                energy = self.fp32_mac * dense * counts.steps
                booked = "multiplications of the stem of width 512, every step"
                yield Charge(index, "stem", booked, fixed_pj=energy)
            else:
                yield charge or Charge(index, "", "left out")

    def variants(self, options: PriceOptions) -> tuple["SpikformerSecond", ...]:
        """Return the published form alone."""
        del options
        return (self,)

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say why the formula does not apply to a network."""
        del options
        if not any(_is_stem(operation) for operation in counts.operations):
            return "it prices a convolution that reads an image, and this network has none"
        return _refusal(counts)

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the sum."""
        del counts, options
        return "stem", "synapses", "attention"

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say how operations were counted, and what the network's own stem would cost."""
        del options
        own = sum(
            self.fp32_mac * o.macs / o.passes * counts.steps
            for o in counts.operations
            if _is_stem(o)
        )
        return (_NOTE, f"its own stem would cost {own * 1e-9:.3g} mJ in every step")


def _is_stem(operation: Operation) -> bool:
    """Tell whether it is the convolution that reads the image."""
    return (
        operation.place is Place.STEM
        and operation.kind is OperationKind.CONVOLUTION
        and (is_pixel_product(operation) or not operation.accumulates)
    )


def _channel_factor(operation: Operation, counts: OperationCounts) -> float:
    """Return 64 over the channels of a stem; 1 if neither run nor card says how many it has."""
    if operation.outputs and operation.weights and operation.macs:
        # Weights for each channel are operations for each output.
        return _STEM_CHANNELS * operation.macs / (operation.outputs * operation.weights)
    if counts.subject not in names():
        return 1.0
    rows = (row for row in card(counts.subject).layers if row.name == operation.layer)
    neurons = next((row.population for row in rows if row.population is not None), None)
    return 1.0 if neurons is None else _STEM_CHANNELS / neurons.features
