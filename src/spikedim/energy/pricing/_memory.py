"""Rule set M1: M0, the weights actually read, and the membrane read and written each step."""

import math

from spikedim.energy.pricing._prices import Prices
from spikedim.energy.pricing._rules import Stem
from spikedim.energy.pricing._sop_proxy import is_stem, sop_spiking, sop_twin
from spikedim.models import Card, LayerRow

__all__ = ["memory_spiking", "memory_twin"]

WORD_BITS = 32  # weights and membranes, as the 4.6 and 0.9 pJ of M0 assume


def _weights(row: LayerRow) -> int:
    """Return the weights of a layer; normalisations are folded into them, tables not read whole."""
    return row.parameters - row.norm_parameters if row.macs else 0


def _touched(row: LayerRow, rate: float) -> float:
    """Return the expected share of weights that some spike asks for within one step."""
    weights = _weights(row)
    if not weights or not row.spiking_input or rate >= 1:
        return 1.0
    # A weight serves macs / weights positions; it stays unread only if all of them are silent.
    return -math.expm1(row.macs / weights * math.log1p(-rate))


def memory_spiking(
    card: Card, steps: int, rate: float, prices: Prices, stem: Stem
) -> dict[str, float]:
    """Return the parts of the energy of the spiking net, in pJ."""
    word = prices.memory_bit * WORD_BITS
    reads = 0.0
    for row in card.layers:
        once = (is_stem(row) and stem is Stem.ONCE) or (
            row.kind == "head" and not row.spiking_input
        )
        reads += _weights(row) * (1 if once else steps * _touched(row, rate))
    return {
        **sop_spiking(card, steps, rate, prices, stem),
        "weight_reads": word * reads,
        "membranes": word * 2 * steps * card.neurons,
    }


def memory_twin(card: Card, bits: int | None, prices: Prices) -> dict[str, float]:
    """Return the parts of the energy of the twin, in pJ: every weight is read once."""
    reads = sum(_weights(row) for row in card.layers)
    return {
        **sop_twin(card, bits, prices),
        "weight_reads": prices.memory_bit * WORD_BITS * reads,
    }
