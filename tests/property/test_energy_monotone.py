"""What is always true of energies, whatever the model, T and firing rate."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.energy import (
    CLOSED_FORM_RULES,
    EnergyEstimate,
    break_even_rate,
    spiking_energy,
    twin_energy,
)
from spikedim.models import Card, LayerRow, Population

RULES = st.sampled_from(CLOSED_FORM_RULES)
RATES = st.floats(1e-4, 1.0)
FEW = settings(max_examples=60)


# Plain numbers, not cards: the type hook of the test run draws random numbers, which hypothesis
# forbids inside a strategy.
LAYERS = st.lists(
    st.tuples(
        st.sampled_from(["linear", "attention"]),
        st.integers(1, 10**6),  # weights
        st.integers(1, 200),  # uses of each
        st.integers(1, 64),  # features
    ),
    min_size=1,
    max_size=4,
)
SHAPES = st.tuples(
    st.integers(1, 10**6), LAYERS, st.booleans(), st.sampled_from(["cifar10", "cifar10-dvs"])
)


def build(shape):
    """Return a card of a stem, some spiking products and a head."""
    stem, layers, spiking_head, dataset = shape
    rows = [LayerRow("stem", "conv", 27, 0, stem, False)]
    for index, (kind, weights, uses, features) in enumerate(layers):
        neurons = Population(f"p{index}", uses, features)
        rows.append(LayerRow(f"l{index}", kind, weights, 0, weights * uses, True, neurons))
    rows.append(LayerRow("head", "head", 10, 0, 10, spiking_head))
    return Card("toy-1/x", "toy", dataset, (3, 8, 8), 10, 1, 1, 4, 4, 4, tuple(rows))


@FEW
@given(SHAPES, st.integers(1, 64), RATES, RULES)
def test_grows_with_steps(shape, steps, rate, rules):
    card = build(shape)
    one = spiking_energy(card, steps=steps, rate=rate, rules=rules)
    two = spiking_energy(card, steps=steps + 1, rate=rate, rules=rules)
    assert one.value_mj < two.value_mj
    assert one.low_mj < two.low_mj
    assert one.high_mj < two.high_mj


@FEW
@given(SHAPES, st.integers(1, 64), RATES, RATES, RULES)
def test_grows_with_the_firing_rate(shape, steps, a, b, rules):
    card = build(shape)
    low, high = sorted((a, b))
    one = spiking_energy(card, steps=steps, rate=low, rules=rules).value_mj
    two = spiking_energy(card, steps=steps, rate=high, rules=rules).value_mj
    assert one <= two * (1 + 1e-12)


@FEW
@given(SHAPES, st.integers(1, 64), RATES, RULES, st.integers(0, 5))
def test_grows_with_the_macs_of_any_layer(shape, steps, rate, rules, index):
    card = build(shape)
    rows = list(card.layers)
    index %= len(rows)
    rows[index] = replace(rows[index], macs=rows[index].macs + 1000)
    bigger = replace(card, layers=tuple(rows))
    spiking = [spiking_energy(c, steps=steps, rate=rate, rules=rules) for c in (card, bigger)]
    twins = [twin_energy(c, bits=4, rules=rules) for c in (card, bigger)]
    assert spiking[0].value_mj < spiking[1].value_mj
    assert twins[0].value_mj < twins[1].value_mj


@FEW
@given(SHAPES, st.integers(1, 31), RULES)
def test_a_twin_with_more_bits_costs_no_less(shape, bits, rules):
    card = build(shape)
    fewer, more = (twin_energy(card, bits=b, rules=rules).value_mj for b in (bits, bits + 1))
    assert fewer <= more


@FEW
@given(SHAPES, st.integers(1, 64), RATES, RATES, RATES, RULES)
def test_band_holds_the_value_and_parts_add_up(shape, steps, a, b, c, rules):
    card = build(shape)
    low, rate, high = sorted((a, b, c))
    got = spiking_energy(card, steps=steps, rate=rate, rate_low=low, rate_high=high, rules=rules)
    assert got.low_mj <= got.value_mj <= got.high_mj
    assert sum(got.breakdown_mj.values()) == pytest.approx(got.value_mj, rel=1e-12)
    assert EnergyEstimate.from_json(got.to_json()) == got


@FEW
@given(SHAPES, st.integers(1, 64), st.sampled_from([None, 1, 3, 8]), RULES)
def test_both_cost_the_same_at_the_break_even_rate(shape, steps, bits, rules):
    card = build(shape)
    got = break_even_rate(card, steps=steps, bits=bits, rules=rules)
    twin = twin_energy(card, bits=bits, rules=rules).value_mj
    if got.rate is not None:
        spiking = spiking_energy(card, steps=steps, rate=got.rate, rules=rules).value_mj
        assert spiking == pytest.approx(twin, rel=1e-9)
        assert got.low <= got.rate <= got.high
    else:
        ends = [
            spiking_energy(card, steps=steps, rate=r, rules=rules).value_mj for r in (1e-9, 1.0)
        ]
        assert ends[1] <= twin if "at every" in got.reason else ends[0] >= twin * (1 - 1e-9)
