"""Closed forms and published energy tables, with the formulas written out."""

import math

import pytest

from spikedim.energy import (
    Movement,
    Rules,
    Stem,
    break_even_rate,
    quantised_bits,
    spiking_energy,
    twin_energy,
)
from spikedim.models import Card, LayerRow, Population, card

FAN_IN = 4096


def one_neuron(fan_in=FAN_IN):
    """A neuron that reads `fan_in` spikes: the setting of the published break-even rate."""
    row = LayerRow("fc", "linear", fan_in, 0, fan_in, True, Population("out", 1, 1))
    return Card("toy-1/x", "toy", "cifar10", (1, 1, 1), 1, 1, 1, 1, 1, 5, (row,))


def naive_break_even(steps, bits, fan_in, event=3.0, dense=0.25, hops=4.75, op=0.05448):
    """T s n (E_acc + E_event h) + T (E_cmp + s E_sub) = n b (E_acc + E_dense h) + E_cmp."""
    twin = fan_in * bits * (op + dense * hops) + op
    return (twin - steps * op) / (steps * (fan_in * (op + event * hops) + op))


@pytest.mark.parametrize(("steps", "bits"), [(5, 3), (4, 3), (15, 4), (2, 2)])
@pytest.mark.parametrize("fan_in", [64, 4096])
def test_break_even_equals_the_formula_written_out(steps, bits, fan_in):
    got = break_even_rate(one_neuron(fan_in), steps=steps, bits=bits, rules=Rules.M3)
    assert got.rate == pytest.approx(naive_break_even(steps, bits, fan_in), rel=1e-9)


def test_break_even_at_five_steps_lies_in_the_published_band():
    """Published: 5.7 % (v4) and 6.4 % (v2, v3); 3.41 to 10.80 % for prices +-50 %."""
    got = break_even_rate(one_neuron(), steps=5, bits=quantised_bits(5), rules=Rules.M3)
    assert 0.0341 < got.rate < 0.1080
    assert got.low < 0.057 < got.high
    assert got.low < 0.064 < got.high
    assert got.low == pytest.approx(naive_break_even(5, 3, FAN_IN, dense=0.125), rel=1e-9)
    assert got.high == pytest.approx(naive_break_even(5, 3, FAN_IN, event=1.5), rel=1e-9)


def test_without_movement_the_break_even_is_bits_over_steps():
    """Compute only: T s <= k with k = E_mac / E_acc, here one accumulate a bit."""
    assert naive_break_even(5, 3, 10**9, event=0, dense=0) == pytest.approx(3 / 5, rel=1e-6)


@pytest.mark.parametrize(("steps", "ratio"), [(4, 4 / 3), (15, 3.75), (3, 1.5), (7, 7 / 3), (1, 1)])
def test_dense_movement_ratio_is_steps_over_bits(steps, ratio):
    model = card("spikformer-4-384")
    spiking = spiking_energy(model, steps=steps, rate=0.1, rules=Rules.M3, movement=Movement.DENSE)
    twin = twin_energy(model, bits=quantised_bits(steps), rules=Rules.M3)
    moved = spiking.breakdown_mj["movement"] / twin.breakdown_mj["movement"]
    assert moved == pytest.approx(ratio, rel=1e-12)
    assert steps / math.ceil(math.log2(steps + 1)) == pytest.approx(ratio)


# Spikformer, revision B: size, SOPs (G), printed energy (mJ)
REVISION_B = [
    ("8-384", 6.82, 7.734),
    ("6-512", 8.69, 9.417),
    ("8-512", 11.09, 11.577),
    ("10-512", 13.67, 13.899),
    ("8-768", 22.09, 21.477),
]


@pytest.mark.parametrize(("size", "sops", "printed"), REVISION_B)
def test_revision_b_uses_one_stem_constant_for_every_width(size, sops, printed):
    assert printed - 0.9 * sops == pytest.approx(1.596, abs=1e-9)
    wide = card("spikformer-8-512/imagenet").first_macs
    assert 4.6e-9 * wide * 4 == pytest.approx(1.596, abs=1e-3)


def energy_of(name, sops_g, stem=Stem.EVERY_STEP):
    """M0 at four steps with the mean rate that gives `sops_g` synaptic operations."""
    model = card(name)
    spiking = sum(row.macs for row in model.layers if row.spiking_input)
    return spiking_energy(
        model, steps=4, rate=sops_g * 1e9 / (4 * spiking), rules=Rules.M0, stem=stem
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    # 512 as printed; for the other widths the constant of their own stem
    [("6-512", 9.417), ("8-512", 11.577), ("10-512", 13.899), ("8-384", 7.34), ("8-768", 22.27)],
)
def test_spikformer_table_with_the_stem_of_each_width(size, expected):
    sops = {row[0]: row[1] for row in REVISION_B}[size]
    got = energy_of(f"spikformer-{size}/imagenet", sops)
    # The head, 4.6 pJ * 1000 D once, is not in the printed numbers.
    assert got.value_mj - got.breakdown_mj["head"] == pytest.approx(expected, abs=0.006)


def test_spikingformer_energy_log_to_five_digits():
    """0.347329512 G MAC + 6.51754094 G AC = 7.463502602 mJ; the log counts 1000 head biases."""
    got = energy_of("spikingformer-8-512/imagenet", 6.51754094)
    assert got.value_mj == pytest.approx(7.463502602 - 4.6e-6, rel=1e-8)


@pytest.mark.parametrize(("stem", "expected"), [(Stem.ONCE, 3.00), (Stem.EVERY_STEP, 4.63)])
def test_spikingresformer_with_the_stem_its_paper_leaves_out(stem, expected):
    """Published 2.46 mJ = 0.9 * 2.73 G SOPs."""
    got = energy_of("spikingresformer-ti/imagenet", 2.73, stem)
    assert got.breakdown_mj["synapses"] + got.breakdown_mj["attention"] == pytest.approx(2.457)
    assert got.value_mj == pytest.approx(expected, abs=0.006)
