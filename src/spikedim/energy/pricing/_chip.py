"""Rule set M4: the published energy of a synaptic operation on one chip."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, final

from spikedim.energy.constants import band
from spikedim.energy.operations import PRODUCTS, Operation, OperationCounts, OperationKind, Place
from spikedim.energy.pricing._bookings import is_pixel_product, is_repeated, repeats
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import Chip, PriceOptions, Word
from spikedim.energy.pricing._rule_set import AbstractRuleSet

__all__ = ["ChipPrices"]

_HOPS = ("loihi1_tile_spike", "loihi1_hop_ew", "loihi1_hop_ns", "yan_hops_transformer")
_ROUTED = frozenset({Chip.LOIHI1})  # spikes priced apart from synaptic operations
_UPDATED = frozenset({Chip.LOIHI1, Chip.SPINNAKER, Chip.SPINNAKER2})
_WHOLE = frozenset({Chip.TRUENORTH})  # its figure is the power of the whole chip
_NO_SPIKES = frozenset({OperationKind.SOFTMAX, OperationKind.ACTIVATION})


@final
@dataclass(frozen=True)
class ChipPrices(AbstractRuleSet):
    """Synaptic operations, spikes moved, and neurons updated, at published prices of a chip.

    E = SOPs e_sop + spikes (e_tile + hops e_hop) + T N e_update. A term whose price is not
    published is left out, and a note names it. Prices of one chip come from one source where there
    is one; figures of different chips were measured, or simulated, under different conditions.

    A sum of spikes is as many synaptic operations, whatever the choice for integers: such chips
    have no multipliers. The overlap of two streams of spikes is charged like a synaptic operation,
    though none of these chips has a product of two streams: it is the least that it could cost.

    A network that multiplies real values inside is refused, since a chip for spikes does not run
    it and any number would be invented; so is one without spiking neurons. Stem and head may read
    real values: they run beside the chip, cost nothing here, and a note says how much they are.
    """

    constants: ClassVar[tuple[str, ...]] = tuple(f"{chip}_synop" for chip in Chip)
    left_out: ClassVar[str] = (
        "what runs beside the chip, input and output, control, learning, and idle power are left "
        "out"
    )
    uncertainty: ClassVar[str] = "every price of the chip at the low and at the high end of sources"
    words: ClassVar[tuple[Word, ...]] = (Word.FP32,)

    loihi1_synop: float = charged("loihi1_synop")
    loihi1_update: float = charged("loihi1_update")
    loihi1_tile_spike: float = charged("loihi1_tile_spike")
    loihi1_hop_ew: float = charged("loihi1_hop_ew")
    loihi1_hop_ns: float = charged("loihi1_hop_ns")
    yan_hops_transformer: float = charged("yan_hops_transformer")
    truenorth_synop: float = charged("truenorth_synop")
    odin_synop: float = charged("odin_synop")
    reckon_synop: float = charged("reckon_synop")
    ubrain_synop: float = charged("ubrain_synop")
    tianjic_synop: float = charged("tianjic_synop")
    neuronflow_synop: float = charged("neuronflow_synop")
    spinnaker_synop: float = charged("spinnaker_synop")
    spinnaker_update: float = charged("spinnaker_update")
    spinnaker2_synop: float = charged("spinnaker2_synop")
    spinnaker2_update: float = charged("spinnaker2_update")
    seneca_synop: float = charged("seneca_synop")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield synaptic operations, spikes and updates."""
        for index, operation in enumerate(counts.operations):
            if operation.kind is OperationKind.NEURON:
                yield from self._neurons(index, operation, options)
            elif operation.kind not in PRODUCTS:
                yield Charge(index, "", "free: folded" if operation.foldable else "left out")
            elif _is_beside(operation):
                yield Charge(index, "", "left out: real values, beside the chip")
            else:
                times = repeats(operation, counts, options)
                yield self._synapses(index, operation, times, options)

    def variants(self, options: PriceOptions) -> tuple["ChipPrices", ...]:
        """Return the rule set with every price at its low end, and at its high end."""
        names = [name for name in self.used(options) if name != "yan_hops_transformer"]
        low = replace(self, **{name: band(name)[0] for name in names})
        high = replace(self, **{name: band(name)[1] for name in names})
        if options.chip in _ROUTED:
            # All hops east-west over the shortest mapping, or all north-south.
            low = replace(
                low, loihi1_hop_ns=low.loihi1_hop_ew, yan_hops_transformer=band("yan_hops_vgg16")[0]
            )
            high = replace(high, loihi1_hop_ew=high.loihi1_hop_ns)
        return self, low, high

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say what of a network a chip for spikes does not run."""
        del options
        if not counts.neurons:
            return "a chip for spikes runs no network without spiking neurons"
        for operation in counts.operations:
            product = operation.kind in PRODUCTS and operation.kind is not OperationKind.SUMMATION
            if product and not operation.accumulates and operation.place is Place.INSIDE:
                return (
                    "a chip for spikes does not multiply real values, as "
                    f"`{operation.layer}` ({operation.kind}) does"
                )
            if operation.kind in _NO_SPIKES:
                return f"a chip for spikes has no {operation.kind}, as `{operation.layer}` needs"
        return ""

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts that have a price on this chip."""
        del counts
        routed = ("spikes",) if options.chip in _ROUTED else ()
        return "synapses", *routed, *(("updates",) if options.chip in _UPDATED else ())

    def used(self, options: PriceOptions) -> tuple[str, ...]:
        """Return the names of the constants of one chip."""
        chip = options.chip
        routed = _HOPS if chip in _ROUTED else ()
        return f"{chip}_synop", *routed, *((f"{chip}_update",) if chip in _UPDATED else ())

    def band(self, options: PriceOptions) -> str:
        """Say where sources disagree."""
        ends = [
            f"{name} {band(name)[0]:g} to {band(name)[1]:g} pJ"
            for name in self.used(options)
            if band(name)[0] < band(name)[1]
        ]
        if options.chip in _ROUTED:
            low = band("yan_hops_vgg16")[0]
            ends.append(f"{low:g} to {self.yan_hops_transformer:g} hops of 3 to 4.2 pJ")
        return "; ".join(ends) or "one source, no second one to disagree with it"

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say which terms have no price, and what runs beside the chip."""
        notes = [f"energy per operation of {options.chip} as published, not measured here"]
        if options.chip in _WHOLE:
            notes.append(
                "the figure is the power of the whole chip over synaptic events: moving spikes and "
                "updating neurons are inside"
            )
        else:
            absent = [
                *(["moving spikes"] if options.chip not in _ROUTED else []),
                *(["updating neurons"] if options.chip not in _UPDATED else []),
            ]
            if absent:
                notes.append(f"no energy is published for {' and for '.join(absent)}: left out")
        beside = sum(
            repeats(o, counts, options) * o.macs for o in counts.operations if _is_beside(o)
        )
        if beside:
            notes.append(
                f"{beside:.3g} multiply-accumulates of real values in stem and head run beside "
                "the chip and cost nothing here"
            )
        return tuple(notes)

    def _synapses(
        self, index: int, operation: Operation, times: float, options: PriceOptions
    ) -> Charge:
        """Book a product of spikes: one synaptic operation for each spike and output."""
        each = times * float(getattr(self, f"{options.chip}_synop"))
        if is_repeated(operation):
            booked = "synaptic operations, one for each spike"
            return Charge(index, "synapses", booked, each, "weighted_operations")
        return Charge(index, "synapses", "synaptic operations", each, "synaptic_operations")

    def _neurons(self, index: int, operation: Operation, options: PriceOptions) -> Iterator[Charge]:
        """Book the spikes that neurons send and the updates that they need."""
        chip = options.chip
        if chip in _ROUTED:
            hop = (self.loihi1_hop_ew + self.loihi1_hop_ns) / 2
            each = self.loihi1_tile_spike + self.yan_hops_transformer * hop
            yield Charge(index, "spikes", "sent over the mesh", each, "spikes")
        if chip in _UPDATED:
            updates = operation.neurons * operation.passes
            energy = updates * float(getattr(self, f"{chip}_update"))
            yield Charge(index, "updates", "updated in each step", fixed_pj=energy)
        elif chip not in _ROUTED:
            yield Charge(index, "", "left out: no published price")


def _is_beside(operation: Operation) -> bool:
    """Tell whether it is a product of real values, which a chip for spikes does not run."""
    return not operation.accumulates or is_pixel_product(operation)
