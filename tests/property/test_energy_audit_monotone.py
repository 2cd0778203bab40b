"""What is always true of an energy at another firing rate or T, whatever was counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit_examples import (
    at_rate,
    network,
    neurons,
    real_product,
    spiking_product,
    uniform_twin,
)

from spikedim.energy import Place, Rules, Values
from spikedim.energy.audit._contest import Contest
from spikedim.energy.audit._scaled_counts import RateScale, at_steps
from spikedim.energy.audit._side import Side
from spikedim.energy.pricing import Word, open_ledger, rule_set, sampled_values

RULES = st.sampled_from(list(Rules))
FEW = settings(max_examples=40)
LAYERS = st.lists(
    st.tuples(
        st.integers(1, 10**5),  # weights
        st.integers(1, 100),  # uses of each
        st.floats(1e-3, 1.0),  # firing rate
        st.sampled_from([Values.BINARY, Values.COUNTS]),
        st.sampled_from([None, Values.BINARY, Values.REAL]),
    ),
    min_size=1,
    max_size=4,
)


def build(layers, steps=4):
    """Return a network whose layers fire at rates of their own."""
    operations = [real_product("stem", 10_000, place=Place.STEM, passes=steps)]
    for index, (weights, uses, rate, values, other) in enumerate(layers):
        name = f"conv{index}"
        operations.append(
            spiking_product(name, weights, uses, rate, steps=steps, values=values, other=other)
        )
        operations.append(neurons(f"{name}.lif", uses, rate, steps=steps))
    return network(operations, steps=steps)


def energy(counts, rules, side=None):
    side = side or Side("snn", counts, Word.FP32)
    ledger = open_ledger(rule_set(rules), counts, side.options())
    return ledger.energy_mj(sampled_values(counts))


@FEW
@given(LAYERS, st.floats(0, 5), st.floats(0, 5), RULES)
def test_energy_grows_with_the_firing_rate(layers, a, b, rules):
    counts = build(layers)
    low, high = sorted((a, b))
    one, two = (energy(at_rate(counts, factor), rules) for factor in (low, high))
    assert one <= two * (1 + 1e-9)


@FEW
@given(LAYERS, RULES)
def test_the_rate_that_was_seen_is_the_energy_that_was_seen(layers, rules):
    counts = build(layers)
    assert energy(at_rate(counts, 1.0), rules) == pytest.approx(energy(counts, rules), rel=1e-9)
    assert energy(at_steps(counts, 4), rules) == pytest.approx(energy(counts, rules), rel=1e-9)


@FEW
@given(LAYERS, st.integers(1, 50), RULES)
def test_energy_is_affine_in_the_steps(layers, steps, rules):
    counts = build(layers)
    one, two, far = (energy(at_steps(counts, t), rules) for t in (4, 8, 4 + 4 * steps))
    assert one <= two * (1 + 1e-12)
    assert far == pytest.approx(one + steps * (two - one), rel=1e-9)


@FEW
@given(LAYERS, st.floats(0.01, 3), RULES)
def test_charges_do_not_depend_on_what_they_are_charged_for(layers, factor, rules):
    """Only then may a break-even be solved without booking every operation again."""
    counts = build(layers)
    options = Side("snn", counts, Word.FP32).options()
    ledger = open_ledger(rule_set(rules), counts, options)
    scaled = ledger.energy_mj(RateScale(counts).values(factor))
    assert scaled == pytest.approx(energy(at_rate(counts, factor), rules), rel=1e-9)


@FEW
@given(LAYERS, st.sampled_from([None, 3]), st.sampled_from([1.0, 10.0]), RULES)
def test_the_critical_rate_has_the_ratio(layers, bits, ratio, rules):
    counts = build(layers)
    twin = Side("ann_fp32" if bits is None else "qann_3bit", uniform_twin(), Word.FP32, bits)
    found = Contest(rules, Side("snn", counts, Word.FP32), twin)
    if not found.applies:
        return
    rate, never = found.critical_rate(ratio)
    assert 0 <= rate <= 1
    if not never:
        there = at_rate(counts, rate / counts.firing_rate)
        spent = energy(twin.counts, found.beside, twin)
        assert spent / energy(there, rules) == pytest.approx(ratio)
