"""Rule set M3: compute, and every use of an activation moved over a network on chip."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, final

from spikedim.energy.operations import PRODUCTS, Operation, OperationCounts, OperationKind, Place
from spikedim.energy.pricing._bookings import (
    LEFT_OUT,
    is_pixel_product,
    is_repeated,
    repeats,
    spikes_in,
    with_often,
)
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import Integers, Norms, PriceOptions
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._rules import Movement

__all__ = ["ComputeMovement"]

# Width of what is no spike in a network of spikes, and of what a quantised twin does not cut.
_IMAGE_BITS = 8
_DOUBT = (0.5, 1.5)


@final
@dataclass(frozen=True)
class ComputeMovement(AbstractRuleSet):
    """One accumulate a bit and use, and its way of so many hops, as an event or as bits."""

    constants: ClassVar[tuple[str, ...]] = (
        "yan_accumulate",
        "yan_compare",
        "yan_subtract",
        "yan_event_move",
        "yan_dense_move",
        "yan_hops_transformer",
    )
    left_out: ClassVar[str] = "weight memory, multicast, reuse and control are left out"
    uncertainty: ClassVar[str] = "movement constants +-50 %, one at a time (mean hops fixed)"

    accumulate: float = charged("yan_accumulate")
    compare: float = charged("yan_compare")
    subtract: float = charged("yan_subtract")
    event_bit_hop: float = charged("yan_event_move")
    dense_bit_hop: float = charged("yan_dense_move")
    hops: float = charged("yan_hops_transformer")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield compute and movement of every product, and the comparisons of neurons."""
        spiking = spikes_in(counts)
        for index, operation in enumerate(counts.operations):
            times = repeats(operation, counts, options)
            if operation.kind not in PRODUCTS:
                yield self._elementwise(index, operation, times, spiking, options)
            elif (
                options.activation_bits is not None
                or is_pixel_product(operation)
                or not operation.accumulates
            ):
                yield from self._bits(index, operation, times, spiking, options)
            else:
                yield from self._spikes(index, operation, times, options)

    def variants(self, options: PriceOptions) -> tuple["ComputeMovement", ...]:
        """Return the rule set with each price of movement at its ends."""
        del options
        return (
            self,
            *(replace(self, event_bit_hop=self.event_bit_hop * f) for f in _DOUBT),
            *(replace(self, dense_bit_hop=self.dense_bit_hop * f) for f in _DOUBT),
        )

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the usual sum."""
        del counts, options
        return "stem", "compute", "movement", "neurons", "real_inputs"

    def _spikes(
        self, index: int, operation: Operation, times: float, options: PriceOptions
    ) -> Iterator[Charge]:
        """Book uses of spikes: each an accumulate, and an event or its share of a bit map."""
        field, width = "synaptic_operations", 1
        if is_repeated(operation):
            if options.integers is Integers.DENSE:
                yield from self._parallel(index, operation, times, _IMAGE_BITS, options)
                return
            if options.integers is Integers.ADDITIONS:
                field = "weighted_operations"
            else:  # a sum travels as one number
                width = _IMAGE_BITS
        booked = with_often("accumulates" if width == 1 else "sums as numbers", operation, options)
        yield Charge(index, "compute", booked, times * width * self.accumulate, field)
        if options.movement is Movement.EVENTS:
            moved = times * width * self.event_bit_hop * self.hops
            yield Charge(index, "movement", "events", moved, field)
        else:
            moved = times * width * self.dense_bit_hop * self.hops * _uses(operation)
            yield Charge(index, "movement", "bit maps", fixed_pj=moved)

    def _bits(
        self, index: int, operation: Operation, times: float, spiking: bool, options: PriceOptions
    ) -> Iterator[Charge]:
        """Book uses of numbers of several bits, in a part of their own if the others are few."""
        stem = operation.place is Place.STEM
        apart = stem or operation.unquantised
        width = options.word.bits
        if spiking or (apart and options.activation_bits is not None):
            width = _IMAGE_BITS
        elif options.activation_bits is not None:
            width = options.activation_bits
        if not (apart or spiking):
            yield from self._parallel(index, operation, times, width, options)
            return
        booked = with_often(f"{width} bits", operation, options)
        energy = times * width * _uses(operation) * self._bit_use
        yield Charge(index, "stem" if stem else "real_inputs", booked, fixed_pj=energy)

    def _parallel(
        self, index: int, operation: Operation, times: float, width: int, options: PriceOptions
    ) -> Iterator[Charge]:
        """Book compute and movement of numbers of `width` bits over the dense network."""
        uses = times * width * _uses(operation)
        booked = with_often(f"{width} bits", operation, options)
        yield Charge(index, "compute", booked, fixed_pj=uses * self.accumulate)
        moved = uses * self.dense_bit_hop * self.hops
        yield Charge(index, "movement", "moved", fixed_pj=moved)

    @property
    def _bit_use(self) -> float:
        """Price of one bit used once."""
        return self.accumulate + self.dense_bit_hop * self.hops

    def _elementwise(
        self, index: int, operation: Operation, times: float, spiking: bool, options: PriceOptions
    ) -> Charge:
        """Book comparisons and resets of neurons, comparisons of activation functions."""
        kind = operation.kind
        if kind is OperationKind.NEURON:
            compared = self.compare * operation.neurons * operation.passes
            return Charge(index, "neurons", "compare and reset", self.subtract, "spikes", compared)
        if kind is OperationKind.ACTIVATION and operation.comparisons:
            compared = times * self.compare * operation.comparisons
            return Charge(index, "neurons", "compare", fixed_pj=compared)
        if kind is OperationKind.NORMALISATION and options.norms is Norms.COUNTED:
            width = _IMAGE_BITS if spiking else options.word.bits
            added = operation.additions + width * operation.multiplications
            energy = times * self.accumulate * added
            booked = with_often("counted", operation, options)
            return Charge(index, "normalisation", booked, fixed_pj=energy)
        if operation.foldable:
            return Charge(index, "", "free: folded")
        return Charge(index, "", LEFT_OUT)


def _uses(operation: Operation) -> float:
    """Return dense uses of activations; a sum uses each once."""
    if operation.kind is OperationKind.SUMMATION:
        return operation.additions
    return operation.macs
