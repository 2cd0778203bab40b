"""Spikingformer's energy log of one model, recomputed from the rates that it prints."""

from spikedim.energy.replications._printed_operations import MJ_PER_MAC, stem_mj
from spikedim.energy.replications._replication import Replication
from spikedim.models import Card, card

__all__ = ["spikingformer_log"]

_PRINTED = 7.463502601886196
_SOURCE = (
    "zhouchenlin2096/Spikingformer imagenet/energy_consumption_logs/Spikingformer-8-512_log.txt"
)
_STEPS = 4
# Firing rates of the inputs in per cent, as printed; the second to fifth convolution.
_STEM_RATES = (25.8312565, 15.3364436, 13.1065373, 12.9557331)
# of each block: queries, keys and values (the same); projection; first and second of the MLP
_BLOCK_RATES = (
    (17.6595751, 29.7803004, 26.7676900, 3.28870974),
    (33.7953024, 30.9584658, 33.0194005, 2.96453710),
    (34.2222987, 31.4189673, 34.7303054, 2.55983278),
    (34.4263662, 29.0892771, 34.6611222, 1.92913754),
    (34.3272679, 20.9885448, 36.0386227, 1.42090094),
    (35.9286898, 16.5693003, 35.9497969, 0.952562647),
    (34.2288006, 10.6833842, 32.2695614, 0.568941609),
    (31.7671993, 9.47712146, 29.9233030, 1.37684836),
)
# of each block: firing rates of queries, keys, values
_ATTENTION_RATES = (
    (0.17230188630104062, 0.03626344770312309, 0.06957707978010177),
    (0.11627475060462952, 0.040295450145006184, 0.07173207724809647),
    (0.10669307922124864, 0.044414592387676234, 0.07524623577594756),
    (0.08188644799470902, 0.05000199048876763, 0.0768778057050705),
    (0.06365273276925086, 0.04325467040181161, 0.07054187965631485),
    (0.07711239219903945, 0.0311313860142231, 0.07321582739830017),
    (0.07023756886482238, 0.024202287513613703, 0.07348622434139251),
    (0.09727698216676713, 0.02812242347121239, 0.07954712931871415),
)


def spikingformer_log() -> Replication:
    """Return the log's energy from the card, its rates, and the biases that it counts."""
    model = card("spikingformer-8-512/imagenet")
    macs = model.first_macs * _STEPS + model.layers[-1].macs + model.classes
    additions = _layers(model) + _attention(model)
    recomputed = MJ_PER_MAC * macs + 0.9e-9 * additions
    return Replication(
        name="Spikingformer-8-512, energy log",
        source=_SOURCE,
        printed_mj=_PRINTED,
        recomputed_mj=recomputed,
        corrected_mj=recomputed - stem_mj(model, passes=_STEPS - 1),
        explanation=(
            f"{macs / 1e9:.9f} G multiply-accumulates (stem in {_STEPS} steps, head with its "
            f"biases) at 4.6 pJ and {additions / 1e9:.5f} G additions at 0.9 pJ, from the firing "
            "rates of the log, to its digits. Attention is an upper bound, base (min(r_k, r_v) + "
            "r_q), and biases count in proportion to the firing rate. Corrected: the image passes "
            "the stem once, since it does not change."
        ),
    )


def _layers(model: Card) -> float:
    """Return firing rate times dense operations of the convolutions, biases included."""
    rows = {row.name: row for row in model.layers}
    total = 0.0
    for index, rate in enumerate(_STEM_RATES, start=1):
        total += rows[f"stem.conv{index}"].macs * rate
    for index, (first, *others) in enumerate(_BLOCK_RATES):
        block = f"block.{index}"
        total += sum(rows[f"{block}.attn.{part}"].macs for part in "qkv") * first
        for name, rate in zip(("attn.proj", "mlp.fc1", "mlp.fc2"), others, strict=True):
            row = rows[f"{block}.{name}"]
            # A product of n tokens has n macs for each weight and n additions for each bias.
            weights_and_biases = row.parameters - row.norm_parameters
            total += model.tokens * weights_and_biases * rate
    return _STEPS * total / 100


def _attention(model: Card) -> float:
    """Return the upper bound of both products of all blocks."""
    base = _STEPS * model.tokens * model.width**2 / model.heads
    return base * sum(min(k, v) + q for q, k, v in _ATTENTION_RATES)
