"""Rule set M0: multiplications at the stem, additions everywhere else."""

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
from spikedim.energy.pricing._options import Integers, Norms, PriceOptions, Word
from spikedim.energy.pricing._rule_set import AbstractRuleSet

__all__ = ["SopProxy"]

# Share of set bits in an activation: half for uniform integers; no source fixes it.
_DENSITIES = (0.25, 1.0)


@final
@dataclass(frozen=True)
class SopProxy(AbstractRuleSet):
    """An addition for each synaptic operation, a multiply-accumulate for each real input.

    What papers report. Elementwise work is left out, and a note says what it would add.
    """

    constants: ClassVar[tuple[str, ...]] = ("fp32_mac", "fp32_add")
    left_out: ClassVar[str] = (
        "memory, neuron updates, normalisation, residual additions and pooling are left out"
    )
    uncertainty: ClassVar[str] = "the price table itself is taken as exact"

    fp32_add: float = charged("fp32_add")
    fp32_mac: float = charged("fp32_mac")
    fp16_add: float = charged("fp16_add")
    fp16_mac: float = charged("fp16_mac")
    int8_add: float = charged("int8_add")
    int8_mac: float = charged("int8_mac")
    bit_density: float = 0.5

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield one charge, or one of nothing, for every operation."""
        spiking = spikes_in(counts)
        for index, operation in enumerate(counts.operations):
            times = repeats(operation, counts, options)
            if operation.kind not in PRODUCTS:
                yield self._elementwise(index, operation, times, options)
            elif options.activation_bits is not None:
                yield self._serial(index, operation, times, options)
            else:
                yield self._product(index, operation, times, spiking, options)

    def variants(self, options: PriceOptions) -> tuple["SopProxy", ...]:
        """Return the rule set with other shares of set bits, where bits are priced."""
        if options.activation_bits is None:
            return (self,)
        return (self, *(replace(self, bit_density=density) for density in _DENSITIES))

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the usual sum."""
        del options
        shown = ("stem", "synapses", "attention")
        return (*shown, "real_inputs", "head") if spikes_in(counts) else (*shown, "head")

    def used(self, options: PriceOptions) -> tuple[str, ...]:
        """Return the names of the constants of one word."""
        return f"{options.word}_mac", f"{options.word}_add"

    def band(self, options: PriceOptions) -> str:
        """Say what is varied."""
        return "; ".join((self.uncertainty, *self.shares(options)))

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say what is left out, in mJ, and what other bookings would give."""
        return (
            *self._elementwise_notes(counts, options),
            *_word_notes(options),
            *self._integer_notes(counts, options),
        )

    def shares(self, options: PriceOptions) -> tuple[str, ...]:
        """Say which shares of set bits are taken, where bits are priced."""
        if options.activation_bits is None:
            return ()
        low, high = _DENSITIES
        return (f"share of set bits in an activation {low:g} to {high:g} ({self.bit_density:g})",)

    def prices(self, word: Word) -> tuple[float, float]:
        """Return the price of an addition and of a multiply-accumulate, in pJ."""
        return {
            Word.FP32: (self.fp32_add, self.fp32_mac),
            Word.FP16: (self.fp16_add, self.fp16_mac),
            Word.INT8: (self.int8_add, self.int8_mac),
        }[word]

    def _product(
        self, index: int, operation: Operation, times: float, spiking: bool, options: PriceOptions
    ) -> Charge:
        """Book a product by the class of the values that it was seen to read."""
        add, mac = self.prices(options.word)
        if operation.kind is OperationKind.SUMMATION:
            return _sum(index, operation, times * add)
        part = _part(operation)
        dense = options.integers is Integers.DENSE and is_repeated(operation)
        if dense or is_pixel_product(operation) or not operation.accumulates:
            if spiking and not dense and part in ("synapses", "attention"):
                part = "real_inputs"
            booked = with_often("multiplications", operation, options)
            return Charge(index, part, booked, fixed_pj=times * mac * operation.macs)
        if not is_repeated(operation):
            booked, each, field = "additions", add, "synaptic_operations"
        elif options.integers is Integers.ADDITIONS:
            booked, each, field = "additions, one for each spike", add, "weighted_operations"
        else:
            booked, each, field = "multiplications of sums of spikes", mac, "synaptic_operations"
        return Charge(index, part, with_often(booked, operation, options), times * each, field)

    def _serial(
        self, index: int, operation: Operation, times: float, options: PriceOptions
    ) -> Charge:
        """Book a product of few-bit activations: one shifted addition for each set bit."""
        add, mac = self.prices(options.word)
        if operation.kind is OperationKind.SUMMATION:
            return _sum(index, operation, times * add)
        bits = options.activation_bits or 0
        # Image, means and answer keep their width; a serial product never costs more than a
        # parallel one.
        wide = operation.place is not Place.INSIDE or operation.unquantised
        each = mac if wide else min(bits * self.bit_density * add, mac)
        booked = "multiplications" if wide else f"one addition for each set bit of {bits}"
        booked = with_often(booked, operation, options)
        return Charge(index, _part(operation), booked, fixed_pj=times * each * operation.macs)

    def _elementwise(
        self, index: int, operation: Operation, times: float, options: PriceOptions
    ) -> Charge:
        """Book what is no product: nothing, but normalisations if they count."""
        if operation.kind is OperationKind.NORMALISATION and options.norms is Norms.COUNTED:
            energy = times * self._elementwise_pj(operation, options)
            booked = with_often("counted", operation, options)
            return Charge(index, "normalisation", booked, fixed_pj=energy)
        if operation.foldable:
            return Charge(index, "", "free: folded")
        if operation.kind is OperationKind.LOOKUP:
            return Charge(index, "", "free: rows of a table")
        return Charge(index, "", LEFT_OUT)

    def _elementwise_pj(self, operation: Operation, options: PriceOptions) -> float:
        """Return what elementary operations cost; a comparison is a subtraction."""
        add, mac = self.prices(options.word)
        return (
            add * (operation.additions + operation.comparisons)
            + (mac - add) * operation.multiplications
        )

    def _elementwise_notes(self, counts: OperationCounts, options: PriceOptions) -> Iterator[str]:
        """Say what each kind of elementwise work would add."""
        added: dict[str, float] = {}
        specials = 0.0
        for index, operation in enumerate(counts.operations):
            times = repeats(operation, counts, options)
            if (
                operation.kind in PRODUCTS
                or self._elementwise(index, operation, times, options).booked_as != LEFT_OUT
            ):
                continue
            energy = times * self._elementwise_pj(operation, options)
            added[str(operation.kind)] = added.get(str(operation.kind), 0.0) + energy
            specials += times * operation.specials
        found = {kind: energy for kind, energy in added.items() if energy > 0}
        if found:
            listed = ", ".join(f"{kind} {energy * 1e-9:.3g} mJ" for kind, energy in found.items())
            yield f"elementwise work at the same prices would add: {listed}"
        if specials:
            yield f"{specials:.3g} exponentials, roots and quotients have no price"

    def _integer_notes(self, counts: OperationCounts, options: PriceOptions) -> Iterator[str]:
        """Say what the other booking of sums of spikes would give."""
        found = [o for o in counts.operations if is_repeated(o) and not is_pixel_product(o)]
        # Of one pass: how often the code repeats the stem must not change the share.
        macs = sum(o.macs / o.passes for o in counts.operations)
        if not found or not macs or options.activation_bits is not None:
            return
        add, mac = self.prices(options.word)
        share = sum(o.macs / o.passes for o in found) / macs
        shown = f"{share:.0%} of the operations read sums of spikes, booked as "
        if options.integers is Integers.ADDITIONS:
            other = sum(
                repeats(o, counts, options)
                * (mac * o.synaptic_operations - add * o.weighted_operations)
                for o in found
            )
            verb = "add" if other >= 0 else "save"
            yield (
                f"{shown}accumulates; booked as multiplications they {verb} "
                f"{abs(other) * 1e-9:.3g} mJ"
            )
        else:
            how = "dense " if options.integers is Integers.DENSE else ""
            other = sum(repeats(o, counts, options) * add * o.weighted_operations for o in found)
            yield (
                f"{shown}{how}multiplications; booked as accumulates they cost "
                f"{other * 1e-9:.3g} mJ"
            )


def _part(operation: Operation) -> str:
    """Return the part of the sum to which a product belongs."""
    if operation.place is Place.STEM:
        return "stem"
    if operation.kind in (OperationKind.ATTENTION, OperationKind.MASKING):
        return str(operation.kind)
    return "head" if operation.place is Place.HEAD else "synapses"


def _sum(index: int, operation: Operation, each_pj: float) -> Charge:
    """Book a sum: one addition for each number that is not known to be zero."""
    if operation.accumulates:
        return Charge(index, "summation", "additions", each_pj, "synaptic_operations")
    return Charge(index, "summation", "additions", fixed_pj=each_pj * operation.additions)


def _word_notes(options: PriceOptions) -> Iterator[str]:
    """Say what narrow arithmetic leaves open."""
    if options.word is Word.INT8:
        yield "int8 prices; sums of int8 products need wider accumulators, which cost more"
