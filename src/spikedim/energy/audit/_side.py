"""The two sides of a ratio: a network that was counted, in one arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import final

from spikedim._core import FloatArray
from spikedim.energy.audit._scaled_counts import RateScale, at_steps
from spikedim.energy.closed_forms import quantised_bits
from spikedim.energy.operations import PRODUCTS, OperationCounts
from spikedim.energy.pricing import (
    AbstractRuleSet,
    Integers,
    Ledger,
    PriceOptions,
    Stem,
    Word,
    open_ledger,
    sampled_values,
)

__all__ = ["Side", "model_sides", "twin_sides"]

_ZERO_SKIPPING = "ann_fp32_zero_skipping"


@final
@dataclass(frozen=True, eq=False)
class Side:
    """A network in one arithmetic, and what rule sets charge it, booked once.

    Parameters
    ----------
    subject : str
        As `AuditedEnergy.subject` spells it.
    counts : OperationCounts
        Its operations.
    word : Word
        Arithmetic of weights and sums.
    bits : int or None
        Bits of the activations of a quantised twin.
    """

    subject: str
    counts: OperationCounts
    word: Word
    bits: int | None = None
    _booked: dict[tuple[AbstractRuleSet, Stem, Integers], Ledger] = field(
        default_factory=dict, init=False, repr=False
    )

    @cached_property
    def scale(self) -> RateScale:
        """Its counts at any firing rate."""
        return RateScale(self.counts)

    @cached_property
    def doubled(self) -> "Side":
        """The same network at twice as many steps."""
        return replace(self, counts=at_steps(self.counts, 2 * self.counts.steps))

    def options(
        self, stem: Stem = Stem.ONCE, integers: Integers = Integers.ADDITIONS
    ) -> PriceOptions:
        """Return the options of its price."""
        return PriceOptions(stem=stem, integers=integers, word=self.word, activation_bits=self.bits)

    def ledger(
        self,
        rules: AbstractRuleSet,
        stem: Stem = Stem.ONCE,
        integers: Integers = Integers.ADDITIONS,
    ) -> Ledger:
        """Return what a rule set charges."""
        key = rules, stem, integers
        if key not in self._booked:
            self._booked[key] = open_ledger(rules, self.counts, self.options(stem, integers))
        return self._booked[key]

    def energy_mj(
        self,
        rules: AbstractRuleSet,
        stem: Stem = Stem.ONCE,
        integers: Integers = Integers.ADDITIONS,
    ) -> float:
        """Return the millijoule of one inference."""
        return self.ledger(rules, stem, integers).energy_mj(self._values)

    @cached_property
    def _values(self) -> FloatArray:
        return sampled_values(self.counts)


def model_sides(counts: OperationCounts) -> tuple[Side, ...]:
    """Return the model in every arithmetic."""
    return tuple(Side("snn", counts, word) for word in Word)


def twin_sides(counts: OperationCounts, steps: int) -> tuple[Side, ...]:
    """Return the twins: dense in every arithmetic, bit-matched, and one that skips zeros."""
    return tuple(_twins(counts, quantised_bits(steps)))


def _twins(counts: OperationCounts, bits: int) -> Iterator[Side]:
    for word in Word:
        yield Side(f"ann_{word}", counts, word)
    if counts.source == "counted":
        yield Side(_ZERO_SKIPPING, _skipping(counts), Word.FP32)
    for word in (Word.FP32, Word.INT8):
        yield Side(f"qann_{bits}bit", counts, word, bits)


def _skipping(counts: OperationCounts) -> OperationCounts:
    """Return the counts of hardware that leaves out products with a zero activation."""
    operations = tuple(
        replace(o, macs=o.synaptic_operations, inner_macs=o.synaptic_operations)
        if o.kind in PRODUCTS
        else o
        for o in counts.operations
    )
    return replace(counts, operations=operations)
