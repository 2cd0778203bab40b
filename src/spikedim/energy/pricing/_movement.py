"""Rule set M3: compute, and every use of an activation moved over a network on chip."""

from spikedim.energy.pricing._prices import Prices
from spikedim.energy.pricing._rules import Movement, Stem
from spikedim.energy.pricing._sop_proxy import is_stem
from spikedim.models import Card

__all__ = ["movement_spiking", "movement_twin"]

IMAGE_BITS = 8  # width of a real-valued input of the spiking net and of its quantised twin
FP32_BITS = 32


def _dense(macs: int, bits: int, prices: Prices) -> tuple[float, float]:
    """Return compute (one accumulate a bit) and movement of `macs` uses of `bits`-bit values."""
    return (
        macs * bits * prices.small_accumulate,
        macs * bits * prices.dense_bit_hop * prices.hops,
    )


def movement_spiking(
    card: Card,
    steps: int,
    rate: float,
    prices: Prices,
    stem: Stem,
    movement: Movement = Movement.EVENTS,
) -> dict[str, float]:
    """Return the parts of the energy of the spiking net, in pJ."""
    parts = dict.fromkeys(("stem", "compute", "movement", "neurons", "real_inputs"), 0.0)
    per_step = (
        rate * prices.event_bit_hop if movement is Movement.EVENTS else prices.dense_bit_hop
    ) * prices.hops
    for row in card.layers:
        if row.spiking_input:
            parts["compute"] += row.macs * steps * rate * prices.small_accumulate
            parts["movement"] += row.macs * steps * per_step
            continue
        compute, moved = _dense(row.macs, IMAGE_BITS, prices)
        once = row.kind == "head" or (is_stem(row) and stem is Stem.ONCE)
        name = "stem" if is_stem(row) else "real_inputs"
        parts[name] += (compute + moved) * (1 if once else steps)
    parts["neurons"] = card.neurons * steps * (prices.compare + rate * prices.subtract)
    return parts


def movement_twin(card: Card, bits: int | None, prices: Prices) -> dict[str, float]:
    """Return the parts of the energy of the fp32 (`bits` None) or `bits`-bit twin, in pJ."""
    width = FP32_BITS if bits is None else bits
    parts = dict.fromkeys(("stem", "compute", "movement", "neurons", "real_inputs"), 0.0)
    for row in card.layers:
        image = IMAGE_BITS if bits is not None else FP32_BITS
        compute, moved = _dense(row.macs, width if row.spiking_input else image, prices)
        if row.spiking_input:
            parts["compute"] += compute
            parts["movement"] += moved
        else:
            parts["stem" if is_stem(row) else "real_inputs"] += compute + moved
    parts["neurons"] = card.neurons * prices.compare
    return parts
