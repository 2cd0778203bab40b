"""The prices a rule set charges, and the corners of their uncertainty."""

from dataclasses import dataclass, replace

from spikedim.energy.constants import price
from spikedim.energy.pricing._rules import Rules

__all__ = ["Prices", "corners", "nominal", "uncertainty", "used"]

# Mean share of set bits in a b-bit activation: half for uniform integers.
_BIT_DENSITY, _BIT_DENSITY_LOW, _BIT_DENSITY_HIGH = 0.5, 0.25, 1.0

_USED = {
    Rules.M0: ("fp32_mac", "fp32_add"),
    Rules.M1: ("fp32_mac", "fp32_add", "step_memory"),
    Rules.M3: (
        "yan_accumulate",
        "yan_compare",
        "yan_subtract",
        "yan_event_move",
        "yan_dense_move",
        "yan_hops_transformer",
    ),
}

_UNCERTAINTY = {
    Rules.M0: "the price table itself is taken as exact",
    Rules.M1: "memory priced per bit or per byte",
    Rules.M3: "movement constants +-50 %, one at a time (mean hops fixed)",
}


@dataclass(frozen=True)
class Prices:
    """Picojoule per operation, per bit, per bit and hop; hops; share of set bits."""

    mac: float
    accumulate: float
    memory_bit: float
    small_accumulate: float
    compare: float
    subtract: float
    event_bit_hop: float
    dense_bit_hop: float
    hops: float
    bit_density: float


def nominal() -> Prices:
    """Return the prices of the table."""
    return Prices(
        mac=price("fp32_mac"),
        accumulate=price("fp32_add"),
        memory_bit=price("step_memory"),
        small_accumulate=price("yan_accumulate"),
        compare=price("yan_compare"),
        subtract=price("yan_subtract"),
        event_bit_hop=price("yan_event_move"),
        dense_bit_hop=price("yan_dense_move"),
        hops=price("yan_hops_transformer"),
        bit_density=_BIT_DENSITY,
    )


def corners(rules: Rules) -> tuple[Prices, ...]:
    """Return the nominal prices, then each uncertain one at its ends (one at a time)."""
    base = nominal()
    if rules is Rules.M3:
        return (
            base,
            *(replace(base, event_bit_hop=base.event_bit_hop * f) for f in (0.5, 1.5)),
            *(replace(base, dense_bit_hop=base.dense_bit_hop * f) for f in (0.5, 1.5)),
        )
    density = tuple(replace(base, bit_density=d) for d in (_BIT_DENSITY_LOW, _BIT_DENSITY_HIGH))
    if rules is Rules.M0:
        return (base, *density)
    # 3.12 pJ is per bit as SpikingJelly reads it; the digests do not say: it may be per byte.
    return (base, *density, *(replace(p, memory_bit=p.memory_bit / 8) for p in (base, *density)))


def used(rules: Rules) -> tuple[str, ...]:
    """Return the names of the constants that a rule set charges."""
    return _USED[rules]


def uncertainty(rules: Rules) -> str:
    """Say what `corners` varies for the spiking net."""
    return _UNCERTAINTY[rules]
