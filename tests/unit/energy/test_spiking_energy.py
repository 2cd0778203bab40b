import pytest

from spikedim._core import InputError
from spikedim.energy import (
    CLOSED_FORM_RULES,
    Movement,
    Rules,
    Stem,
    break_even_rate,
    expected_operations,
    expected_twin_operations,
    price,
    spiking_energy,
    twin_energy,
)
from spikedim.models import card

MODEL = card("spikformer-4-384/cifar10")
EVENTS = card("spikformer-2-256/cifar10-dvs")


def test_m0_is_macs_at_the_stem_and_head_and_accumulates_elsewhere():
    got = spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M0)
    stem, head = 4.6e-9 * 1_327_104, 4.6e-9 * 3840
    rest = 0.9e-9 * 0.1 * 4 * (MODEL.macs - 1_327_104 - 3840)
    assert got.value_mj == pytest.approx(stem + head + rest, rel=1e-12)
    assert got.breakdown_mj["stem"] == pytest.approx(stem)


def test_a_static_image_passes_the_stem_once_unless_told_otherwise():
    once = spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M0)
    every = spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M0, stem=Stem.EVERY_STEP)
    assert every.breakdown_mj["stem"] == pytest.approx(4 * once.breakdown_mj["stem"])
    assert once.high_mj == pytest.approx(every.value_mj)
    assert every.low_mj == pytest.approx(once.value_mj)
    assert f"{every.value_mj:.3g} mJ if it acts every step" in once.notes[1]


def test_events_pass_the_stem_every_step_whatever_is_asked():
    got = spiking_energy(EVENTS, steps=10, rate=0.1, rules=Rules.M0, stem=Stem.ONCE)
    assert got.breakdown_mj["stem"] == pytest.approx(4.6e-9 * EVENTS.first_macs * 10)
    assert "event input" in got.notes[1]
    assert "stem" not in got.band


def test_the_band_covers_the_rates_it_names():
    got = spiking_energy(EVENTS, steps=4, rate=0.2, rate_low=0.1, rate_high=0.3, rules=Rules.M0)
    low = spiking_energy(EVENTS, steps=4, rate=0.1, rules=Rules.M0)
    high = spiking_energy(EVENTS, steps=4, rate=0.3, rules=Rules.M0)
    assert (got.low_mj, got.high_mj) == (low.value_mj, high.value_mj)
    assert "0.1 to 0.3" in got.band


def test_m1_adds_weights_and_twice_the_membranes_each_step():
    m0 = spiking_energy(MODEL, steps=4, rate=1.0, rules=Rules.M0)
    m1 = spiking_energy(MODEL, steps=4, rate=1.0, rules=Rules.M1)
    added = m1.value_mj - m0.value_mj
    word = 32 * 3.12e-9
    once = sum(
        row.parameters - row.norm_parameters
        for row in MODEL.layers
        if row.name in ("stem.conv0", "head")
    )
    others = MODEL.parameters - MODEL.norm_parameters - once
    assert added == pytest.approx(word * (once + 4 * others + 2 * 4 * MODEL.neurons), rel=1e-12)
    assert m1.low_mj < m1.value_mj - 0.8 * added  # 3.12 pJ per byte instead of per bit


def test_m1_reads_fewer_weights_when_few_neurons_fire():
    head = card("sdt-v1-2-512/cifar10").layers[-1]  # spikes of one token: every weight used once
    assert head.spiking_input
    rare = spiking_energy(MODEL, steps=4, rate=1e-3, rules=Rules.M1).breakdown_mj["weight_reads"]
    busy = spiking_energy(MODEL, steps=4, rate=0.5, rules=Rules.M1).breakdown_mj["weight_reads"]
    assert rare < 0.2 * busy


def test_m3_moves_events_or_bit_maps():
    events = spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M3)
    dense = spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M3, movement=Movement.DENSE)
    ratio = events.breakdown_mj["movement"] / dense.breakdown_mj["movement"]
    assert ratio == pytest.approx(0.1 * 3.0 / 0.25)
    assert events.breakdown_mj["compute"] == dense.breakdown_mj["compute"]


def test_sums_of_spikes_are_priced_both_ways():
    got = spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M0)
    integers = sum(row.macs for row in MODEL.layers if row.integer_input)
    extra = 3.7e-9 * integers * 4 * 0.1
    assert f"{extra:.3g} mJ" in got.notes[-1]
    assert not any(
        "sums of spikes" in n
        for n in spiking_energy(
            card("spikingformer-4-384"), steps=4, rate=0.1, rules=Rules.M0
        ).notes
    )


def test_real_values_inside_the_net_are_multiplications():
    unfused, fused = card("sdt-v2-31m"), card("sdt-v2-31m-fused")
    assert spiking_energy(unfused, steps=4, rate=0.2).breakdown_mj["real_inputs"] > 0
    left = [row for row in fused.layers if row.kind == "inner_conv"]
    got = spiking_energy(fused, steps=4, rate=0.2).breakdown_mj["real_inputs"]
    assert got == pytest.approx(4.6e-9 * 4 * sum(row.macs for row in left))


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.5, float("nan")])
def test_rate_must_be_a_fraction(rate):
    with pytest.raises(InputError, match=r"^spiking_energy: `rate` must be"):
        spiking_energy(MODEL, steps=4, rate=rate, rules=Rules.M0)


def test_the_range_must_hold_the_rate():
    with pytest.raises(
        InputError, match=r"`rate` must be in \[rate_low, rate_high\] = \[0.2, 0.3\]; got 0.1"
    ):
        spiking_energy(MODEL, steps=4, rate=0.1, rate_low=0.2, rate_high=0.3, rules=Rules.M0)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("steps", [0, 2.5, "4"])
def test_steps_must_be_a_positive_integer(steps):
    with pytest.raises(InputError, match=r"^spiking_energy: `steps` must be an integer >= 1; got"):
        spiking_energy(MODEL, steps=steps, rate=0.1, rules=Rules.M0)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    "call",
    [
        lambda rules: spiking_energy(MODEL, steps=4, rate=0.1, rules=rules),
        lambda rules: twin_energy(MODEL, bits=3, rules=rules),
    ],
)
def test_an_unknown_rule_set_is_named(call):
    with pytest.raises(InputError, match=r"`rules` must be one of M0 sop, .*got 'M2'"):
        call("M2")


def test_a_rule_set_that_needs_a_run_is_refused():
    with pytest.raises(InputError, match=r"one of M0 sop, M1 [^,]*, M3 [^,]*; got 'M2 lemaire'"):
        spiking_energy(MODEL, steps=4, rate=0.1, rules=Rules.M2)
    with pytest.raises(InputError, match=r"^break_even_rate: `rules` must be .*got 'M4 chip'"):
        break_even_rate(MODEL, steps=4, bits=3, rules=Rules.M4)


def test_is_the_price_of_expected_operations():
    for rules in CLOSED_FORM_RULES:
        counts = expected_operations(MODEL, steps=4, rate=0.1)
        priced = price(counts, rules=rules)
        got = spiking_energy(MODEL, steps=4, rate=0.1, rules=rules)
        assert (got.value_mj, got.low_mj, got.high_mj) == (
            priced.value_mj,
            priced.low_mj,
            priced.high_mj,
        )
        twin = price(expected_twin_operations(MODEL), rules=rules, activation_bits=3)
        assert twin_energy(MODEL, bits=3, rules=rules).value_mj == twin.value_mj
