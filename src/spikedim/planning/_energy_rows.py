"""Energy of the spiking net and of its twins, with T, rate and constants in one band."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from spikedim.energy import (
    CLOSED_FORM_RULES,
    BreakEven,
    EnergyEstimate,
    Rules,
    break_even_rate,
    quantised_bits,
    spiking_energy,
    twin_energy,
)
from spikedim.laws import FIRING_RATE, Assumed, LawResult, combine, whole_steps
from spikedim.models import Card

__all__ = [
    "HEADLINE_BITS",
    "HEADLINE_RULES",
    "HEADLINE_TWIN",
    "break_even_rows",
    "energy_rows",
    "spread_over",
]

# The rule set made for this comparison: compute and movement on both sides.
HEADLINE_RULES = Rules.M3
HEADLINE_BITS = 8
HEADLINE_TWIN = "qann_8bit"


def spread_over(result: LawResult, rate: Assumed) -> list[tuple[tuple[int, float], ...]]:
    """Return, for each cause, the whole steps and the network's firing rate at both its ends."""
    uses_rate = any(cause.name == FIRING_RATE for cause in result.causes)
    ends: list[tuple[tuple[int, float], ...]] = []
    for cause in result.causes:
        # A law of the data population has a firing rate of its own; the network keeps its.
        low_rate, high_rate = (
            (cause.low_rate, cause.high_rate) if uses_rate else (rate.value, rate.value)
        )
        ends.append(
            ((whole_steps(cause.low), low_rate), (whole_steps(cause.high), high_rate)),
        )
    if not uses_rate and rate.low < rate.high and result.steps is not None:
        ends.append(((result.steps, rate.low), (result.steps, rate.high)))
    return ends


def energy_rows(card: Card, result: LawResult, rate: Assumed) -> tuple[EnergyEstimate, ...]:
    """Return the spiking net, the fp32 twin, the 8-bit and the bit-matched twin per rule set."""
    steps = result.steps or 1
    rows: list[EnergyEstimate] = []
    for rules in CLOSED_FORM_RULES:
        rows.append(_spiking_row(card, steps, rate, spread_over(result, rate), rules))
        rows.extend(twin_energy(card, bits=bits, rules=rules) for bits in _twins(steps))
    return tuple(rows)


def _spiking_row(
    card: Card,
    steps: int,
    rate: Assumed,
    spread: Sequence[tuple[tuple[int, float], ...]],
    rules: Rules,
) -> EnergyEstimate:
    """Return the spiking net's energy with every cause of its band."""
    point = spiking_energy(card, steps=steps, rate=rate.value, rules=rules)

    def at(end: tuple[int, float]) -> float:
        return spiking_energy(card, steps=end[0], rate=end[1], rules=rules).value_mj

    ends = [(at(a), at(b)) for a, b in spread]
    low, high = combine(point.value_mj, [*ends, (point.low_mj, point.high_mj)])
    # The point row was priced at one rate and says so; this row is not.
    rest = [part for part in point.band.split("; ") if part and not part.startswith("firing rate")]
    return replace(
        point, low_mj=low, high_mj=high, band="; ".join(["steps and firing rate", *rest])
    )


def _twins(steps: int) -> tuple[int | None, ...]:
    """Return the bit widths of the twins: fp32 (None), 8 and as many as T steps can tell apart."""
    matched = quantised_bits(steps)
    return (None, HEADLINE_BITS) if matched == HEADLINE_BITS else (None, HEADLINE_BITS, matched)


def break_even_rows(card: Card, steps: int) -> tuple[BreakEven, ...]:
    """Return the firing rate below which the spiking net wins, per rule set and twin."""
    return tuple(
        break_even_rate(card, steps=steps, bits=bits, rules=rules)
        for rules, bits in product(CLOSED_FORM_RULES, _twins(steps))
    )
