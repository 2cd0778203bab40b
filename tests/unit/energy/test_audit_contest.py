from dataclasses import replace

import pytest
from tests.audit_examples import (
    HEAD,
    LAYERS,
    STEM,
    STEPS,
    network,
    real_product,
    spiking_product,
    uniform_counts,
    uniform_twin,
)

from spikedim.energy import Rules, Stem, Values
from spikedim.energy.audit._contest import (
    MOST_STEPS,
    Contest,
    applies,
    integer_choices,
    stem_choices,
)
from spikedim.energy.audit._side import Side, model_sides, twin_sides
from spikedim.energy.pricing import Integers, Word

MACS = sum(weights * uses for _, weights, uses in LAYERS)
# Picojoule of the parts of the uniform network under M0.
REAL = 4.6 * (STEM + HEAD)


def contest(rate=0.1, *, bits=None, word=Word.FP32, rules=Rules.M0, counts=None, twin=None):
    counts = uniform_counts(rate) if counts is None else counts
    name = "ann_fp32" if bits is None else f"qann_{bits}bit"
    other = Side(name, uniform_twin() if twin is None else twin, word, bits)
    return Contest(rules, Side("snn", counts, word), other)


def test_ratio_is_twin_over_model():
    got = contest()
    assert got.ratio() == pytest.approx((REAL + 4.6 * MACS) / (REAL + 0.9 * 0.1 * STEPS * MACS))
    stem = 4.6 * (STEM * STEPS + HEAD)
    assert got.ratio(Stem.EVERY_STEP) == pytest.approx(
        (REAL + 4.6 * MACS) / (stem + 0.9 * 0.1 * STEPS * MACS)
    )


def test_band_covers_the_stem_policy_and_the_density_of_bits():
    low, high = contest().band()
    assert (low, high) == pytest.approx((contest().ratio(Stem.EVERY_STEP), contest().ratio()))
    low, high = contest(bits=3).band()
    sparse, dense = (REAL + 0.9 * 3 * density * MACS for density in (0.25, 1.0))
    once, often = (4.6 * (STEM * t + HEAD) + 0.36 * MACS for t in (1, STEPS))
    assert (low, high) == pytest.approx((sparse / often, dense / once))


def test_band_covers_the_booking_of_sums():
    counts = network(
        [
            *uniform_counts(0.1).operations,
            spiking_product("sums", 512, 32, 0.2, values=Values.COUNTS),
        ]
    )
    got = contest(counts=counts)
    assert got.band()[0] == pytest.approx(got.ratio(Stem.EVERY_STEP, Integers.MULTIPLICATIONS))
    assert got.ratio(integers=Integers.DENSE) < got.band()[0]


def test_both_cost_the_same_at_the_break_even():
    got = contest(bits=3).break_even()
    assert (got.twin, got.rules, got.reason) == ("qann_3bit", "M0 sop", "")
    assert got.rate == pytest.approx(3 * 0.5 / STEPS)
    assert got.low < got.rate < got.high == pytest.approx(3 / STEPS)
    assert contest(got.rate, bits=3).ratio() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("rate", "bits", "twin", "reason"),
    [
        (0.1, None, uniform_twin(), "the spiking network costs less at every firing rate"),
        (
            0.1,
            None,
            network([real_product("fc", 10)], steps=1),
            "the twin costs less even at firing rate 0",
        ),
        (0.0, 3, uniform_twin(), "no neuron fired, so that no other rate follows"),
    ],
    ids=["spikes", "twin", "silent"],
)
def test_no_break_even_says_why(rate, bits, twin, reason):
    got = contest(rate, bits=bits, twin=twin).break_even()
    assert got.rate is got.low is got.high is None
    assert got.reason == reason


def test_critical_rate_of_a_larger_ratio():
    rate, never = contest().critical_rate(5.0)
    assert never == ""
    assert contest(rate).ratio() == pytest.approx(5.0)
    assert contest().critical_rate(1e6)[1] == (
        "the spiking network costs 1e+06 times less at no firing rate"
    )


@pytest.mark.parametrize("ratio", [1.0, 5.0, 12.0])
def test_critical_steps_is_the_last_number_of_steps_above_a_ratio(ratio):
    steps = contest().critical_steps(ratio)
    assert contest(counts=uniform_counts(0.1, steps=steps)).ratio() > ratio
    assert contest(counts=uniform_counts(0.1, steps=steps + 1)).ratio() <= ratio


def test_no_number_of_steps():
    assert contest().critical_steps(1e6) is None


def test_a_matched_twin_gets_the_bits_of_every_number_of_steps():
    rate = 0.35
    steps = contest(rate, bits=3).critical_steps(1.0)

    def ratio(t):
        bits = t.bit_length()
        return contest(bits=bits, counts=uniform_counts(rate, steps=t)).ratio()

    assert steps == max(t for t in range(1, 200) if ratio(t) > 1)
    assert steps > contest(rate, bits=1).twin.bits


def test_a_silent_network_has_no_last_step():
    assert contest(0.0, counts=network([real_product("fc", 10)])).critical_steps(1.0) == MOST_STEPS


def test_rules_that_charge_nothing_do_not_apply():
    assert not applies(Rules.M0, Side("snn", network([]), Word.FP32))
    assert applies(Rules.M0, Side("snn", uniform_counts(0.1), Word.FP32))
    assert applies(Rules.M0, Side("snn", uniform_counts(0.1), Word.INT8))
    assert not contest(twin=network([])).applies


def test_choices_are_those_that_are_open():
    seen = uniform_counts(0.1)
    assert stem_choices(seen) == (Stem.ONCE, Stem.EVERY_STEP)
    assert stem_choices(uniform_counts(0.1, steps=1)) == (Stem.ONCE,)
    assert stem_choices(network([spiking_product("fc", 8, 8, 0.1)])) == (Stem.ONCE,)
    assert integer_choices(seen) == (Integers.ADDITIONS,)
    sums = network([spiking_product("fc", 8, 8, 0.1, values=Values.COUNTS)])
    assert integer_choices(sums) == tuple(Integers)


def test_sides_are_every_arithmetic():
    assert [side.word for side in model_sides(uniform_counts(0.1))] == list(Word)
    sides = twin_sides(uniform_twin(zeros=0.25), STEPS)
    assert [(side.subject, str(side.word)) for side in sides] == [
        ("ann_fp32", "fp32"),
        ("ann_fp16", "fp16"),
        ("ann_int8", "int8"),
        ("ann_fp32_zero_skipping", "fp32"),
        ("qann_3bit", "fp32"),
        ("qann_3bit", "int8"),
    ]
    skipping = sides[3].counts
    assert skipping.macs == pytest.approx(STEM + HEAD + 0.75 * MACS)
    assert sides[0].counts.macs == pytest.approx(STEM + HEAD + MACS)


def test_nothing_is_skipped_in_a_twin_that_was_not_run():
    sides = twin_sides(replace(uniform_twin(), source="expected"), STEPS)
    assert "ann_fp32_zero_skipping" not in {side.subject for side in sides}
