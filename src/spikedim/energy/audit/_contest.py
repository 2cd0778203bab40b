"""A model and a twin under one rule set: which costs less, and up to where."""

import math
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import NamedTuple, final

from scipy.optimize import brentq

from spikedim.energy.audit._scaled_counts import runs_in_steps
from spikedim.energy.audit._side import Side
from spikedim.energy.closed_forms import BreakEven
from spikedim.energy.operations import OperationCounts, Values
from spikedim.energy.pricing import (
    AbstractRuleSet,
    Integers,
    Rules,
    Stem,
    Word,
    rule_set,
)

__all__ = ["MOST_STEPS", "Contest", "applies", "integer_choices", "stem_choices"]

MOST_STEPS = 1_000_000
"""Stands for no limit to the number of steps."""

_MOST_BITS = MOST_STEPS.bit_length()

# They price networks of spikes alone; their papers print 4.6 pJ a multiply-accumulate beside.
_PRINTED = frozenset(
    {Rules.SPIKFORMER_A, Rules.SPIKFORMER_B, Rules.SPIKINGFORMER, Rules.SPIKINGRESFORMER}
)


@final
class _Corner(NamedTuple):
    """Constants of the rule sets of both sides, and choices."""

    model: AbstractRuleSet
    twin: AbstractRuleSet
    stem: Stem = Stem.ONCE
    integers: Integers = Integers.ADDITIONS


@final
class Contest:
    """A model and a twin under one rule set.

    A published rule set that knows no ordinary network meets the dense fp32 one under M0, as in
    its paper.

    Parameters
    ----------
    rules : Rules
        Rule set.
    model, twin : Side
        The two networks.
    """

    def __init__(self, rules: Rules, model: Side, twin: Side) -> None:
        self.rules = rules
        self.model = model
        self.twin = twin
        self.beside = Rules.M0 if rules in _PRINTED else rules
        self._nominal = _Corner(rule_set(rules), rule_set(self.beside))

    @cached_property
    def applies(self) -> bool:
        """Whether the rule set charges both sides something, and knows their arithmetic."""
        printed = self.beside is not self.rules
        if printed and (self.twin.subject != "ann_fp32" or self.model.word is not Word.FP32):
            return False
        return applies(self.rules, self.model) and applies(self.beside, self.twin)

    @cached_property
    def mixes(self) -> bool:
        """Whether the rule set charges the model less or more in the arithmetic of the twin."""
        return self.model.word is not self.twin.word and applies(
            self.rules, replace(self.model, word=self.twin.word)
        )

    def ratio(self, stem: Stem = Stem.ONCE, integers: Integers = Integers.ADDITIONS) -> float:
        """Return the energy of the twin over that of the model, at the nominal constants."""
        return self._ratio(self._nominal._replace(stem=stem, integers=integers))

    def band(self) -> tuple[float, float]:
        """Return the smallest and largest ratio, both sides at the same corner."""
        found = [self._ratio(corner) for corner in self._corners]
        return min(found), max(found)

    def break_even(self) -> BreakEven:
        """Return the firing rate at which both cost the same, with its band."""
        rate, reason = self.critical_rate(1.0)
        names = (self.twin.subject, str(self.rules))
        if reason:
            return BreakEven(*names, None, None, None, reason)
        roots = [rate, *(self._root(1.0, corner)[0] for corner in self._corners)]
        return BreakEven(*names, rate, min(roots), max(roots))

    def critical_rate(self, ratio: float) -> tuple[float, str]:
        """Return the firing rate of a ratio, or an end of [0, 1] and why there is none."""
        return self._root(ratio, self._nominal)

    def critical_steps(self, ratio: float) -> int | None:
        """Return the largest T above a ratio, at the firing rate that was seen; None without one.

        A bit-matched twin gets the bits of that T. Where they become more the ratio jumps up, so
        that below the largest T there may be some at which it is too small. None too of a network
        whose layers do not run in steps.
        """
        if not runs_in_steps(self.model.counts):
            return None
        first, slope = self._affine
        found = 0
        for low, high, twin in self._twins:
            wanted = twin.energy_mj(self._nominal.twin) / ratio
            if slope <= 0:
                largest = high if first < wanted else 0
            else:
                largest = min(high, math.ceil((wanted - first) / slope) - 1)
            found = max(found, largest if largest >= low else 0)
        return found or None

    @cached_property
    def _affine(self) -> tuple[float, float]:
        """Return energy of the model as first + slope * T."""
        steps = self.model.counts.steps
        one, two = (
            side.energy_mj(self._nominal.model) for side in (self.model, self.model.doubled)
        )
        return 2 * one - two, (two - one) / steps

    @cached_property
    def _twins(self) -> tuple[tuple[int, int, Side], ...]:
        """Return ranges of T with the twin that belongs to them."""
        if self.twin.bits is None:
            return ((1, MOST_STEPS, self.twin),)
        return tuple(
            (2 ** (bits - 1), min(2**bits - 1, MOST_STEPS), replace(self.twin, bits=bits))
            for bits in range(1, _MOST_BITS + 1)
        )

    @cached_property
    def _corners(self) -> tuple[_Corner, ...]:
        """Return the corners of constants and choices, constants of both sides together."""
        model, twin = self._nominal.model, self._nominal.twin
        own = model.variants(self.model.options())
        pairs = [(rules, twin) for rules in own]
        if model is twin:
            pairs = [(rules, rules) for rules in (*own, *twin.variants(self.twin.options()))]
        counts = self.model.counts
        # Only tools book whole layers of sums as dense: a choice of the verdict, not a band.
        booked = [choice for choice in integer_choices(counts) if choice is not Integers.DENSE]
        choices = list(product(stem_choices(counts), booked))
        return tuple(_Corner(*pair, *choice) for pair in dict.fromkeys(pairs) for choice in choices)

    def _ratio(self, corner: _Corner) -> float:
        model, twin, stem, integers = corner
        spent = self.twin.energy_mj(twin, stem, integers)
        return spent / self.model.energy_mj(model, stem, integers)

    def _root(self, ratio: float, corner: _Corner) -> tuple[float, str]:
        """Return the rate where the twin costs `ratio` times as much, or an end and why."""
        seen = self.model.counts.firing_rate
        if seen == 0:
            return 0.0, "no neuron fired, so that no other rate follows"
        ledger = self.model.ledger(corner.model, corner.stem, corner.integers)
        wanted = self.twin.energy_mj(corner.twin, corner.stem, corner.integers) / ratio

        def excess(rate: float) -> float:
            return ledger.energy_mj(self.model.scale.values(rate / seen)) / wanted - 1

        words = "" if ratio == 1 else f"{ratio:g} times "
        if excess(1.0) < 0:
            return 1.0, f"the spiking network costs {words}less at every firing rate"
        if excess(0.0) >= 0:
            if ratio == 1:
                return 0.0, "the twin costs less even at firing rate 0"
            return 0.0, f"the spiking network costs {words}less at no firing rate"
        return float(brentq(excess, 0.0, 1.0, xtol=1e-15, rtol=1e-14)), ""


def applies(rules: Rules, side: Side) -> bool:
    """Tell whether a rule set prices a network, and its arithmetic as another than fp32."""
    found = rule_set(rules)
    if side.word not in found.words or found.refusal(side.counts, side.options()):
        return False
    spent = side.energy_mj(found)
    if side.word is Word.FP32:
        return spent > 0
    return 0 < spent != replace(side, word=Word.FP32).energy_mj(found)


def stem_choices(counts: OperationCounts) -> tuple[Stem, ...]:
    """Return both policies where something reads the same in every step."""
    free = counts.steps > 1 and any(operation.static for operation in counts.operations)
    return (Stem.ONCE, Stem.EVERY_STEP) if free else (Stem.ONCE,)


def integer_choices(counts: OperationCounts) -> tuple[Integers, ...]:
    """Return all policies where sums of spikes enter a product."""
    whole = (Values.COUNTS, Values.SCALED_COUNTS)
    found = any(o.accumulates and o.values in whole for o in counts.operations)
    return tuple(Integers) if found else (Integers.ADDITIONS,)
