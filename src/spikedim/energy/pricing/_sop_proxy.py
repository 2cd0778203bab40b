"""Rule set M0: multiplications at the stem, accumulates everywhere else."""

from spikedim.energy.pricing._prices import Prices
from spikedim.energy.pricing._rules import Stem
from spikedim.models import Card, LayerRow

__all__ = ["is_stem", "sop_spiking", "sop_twin"]


def is_stem(row: LayerRow) -> bool:
    """Tell whether a layer reads the real-valued input (as `Card.first_macs` counts it)."""
    return row.kind == "conv" and not row.spiking_input


def sop_spiking(
    card: Card, steps: int, rate: float, prices: Prices, stem: Stem
) -> dict[str, float]:
    """Return the parts of the energy of the spiking net, in pJ."""
    parts = dict.fromkeys(("stem", "synapses", "attention", "real_inputs", "head"), 0.0)
    for row in card.layers:
        if is_stem(row):
            parts["stem"] += prices.mac * row.macs * (1 if stem is Stem.ONCE else steps)
        elif row.kind == "head" and not row.spiking_input:
            # A linear head commutes with the mean over steps: it acts once.
            parts["head"] += prices.mac * row.macs
        elif row.spiking_input:
            part = row.kind if row.kind in ("attention", "head") else "synapses"
            parts[part] += prices.accumulate * row.macs * steps * rate
        else:
            parts["real_inputs"] += prices.mac * row.macs * steps
    return parts


def sop_twin(card: Card, bits: int | None, prices: Prices) -> dict[str, float]:
    """Return the parts of the energy of the fp32 (`bits` None) or `bits`-bit twin, in pJ."""
    # Bit-serial: one shifted addition for each set bit, never dearer than a multiplication.
    cost = (
        prices.mac
        if bits is None
        else min(bits * prices.bit_density * prices.accumulate, prices.mac)
    )
    parts = dict.fromkeys(("stem", "synapses", "attention", "head"), 0.0)
    for row in card.layers:
        if is_stem(row):
            parts["stem"] += prices.mac * row.macs
        else:
            part = row.kind if row.kind in ("attention", "head") else "synapses"
            parts[part] += (prices.mac if part == "head" else cost) * row.macs
    return parts
