"""What is always true of prices, whatever was counted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim._core import Provenance
from spikedim.energy import (
    CLOSED_FORM_RULES,
    Integers,
    Movement,
    Norms,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    PricedOperations,
    Stem,
    Values,
    Word,
    price,
)
from spikedim.energy.operations import SAMPLED

FEW = settings(max_examples=60)
PROVENANCE = Provenance.now(command="test")

# Plain numbers, not dataclasses: the type hook of the test run draws random numbers, which
# hypothesis forbids inside a strategy.
AMOUNT = st.floats(0, 1e9)
LINES = st.lists(
    st.tuples(
        st.sampled_from([kind.value for kind in OperationKind]),
        st.sampled_from([place.value for place in Place]),
        st.sampled_from([values.value for values in Values]),
        st.sampled_from([None, *(values.value for values in Values)]),
        st.integers(1, 8),  # passes
        st.booleans(),  # static, foldable
        st.lists(AMOUNT, min_size=12, max_size=12),
    ),
    min_size=1,
    max_size=5,
)
CHOICES = st.fixed_dictionaries(
    {
        "rules": st.sampled_from([str(rules) for rules in CLOSED_FORM_RULES]),
        "stem": st.sampled_from([str(stem) for stem in Stem]),
        "integers": st.sampled_from([str(integers) for integers in Integers]),
        "norms": st.sampled_from([str(norms) for norms in Norms]),
        "word": st.sampled_from([str(word) for word in Word]),
        "movement": st.sampled_from([str(movement) for movement in Movement]),
    }
)
RISING = (
    "macs",
    "synaptic_operations",
    "weighted_operations",
    "weights_read",
    "spikes",
    "additions",
    "multiplications",
    "comparisons",
    "inputs",
    "active_inputs",
    "outputs",
    "specials",
)


def operation(kind, place, values, other, passes, flag, amounts):
    found = OperationKind(kind)
    neurons = found is OperationKind.NEURON
    return Operation(
        layer="layer",
        kind=found,
        operator="any",
        place=Place(place),
        values=Values(values),
        other_values=None if other is None else Values(other),
        passes=passes,
        static=flag,
        foldable=flag,
        weights=7,
        neurons=5 if neurons else 0,
        **dict(zip(RISING, amounts, strict=True)),
    )


def table(operations, samples=None):
    samples = np.zeros((0, len(operations), len(SAMPLED))) if samples is None else samples
    return OperationCounts(
        "toy", "counted", 4, True, tuple(operations), (), len(samples), samples, 1, "", "", (),
        PROVENANCE,
    )  # fmt: skip


@FEW
@given(LINES, CHOICES)
def test_parts_and_lines_add_up_and_the_band_holds_the_value(lines, choices):
    got = price(table([operation(*line) for line in lines]), **choices)
    assert 0 <= got.low_mj <= got.value_mj <= got.high_mj
    assert sum(got.breakdown_mj.values()) == pytest.approx(got.value_mj, rel=1e-12)
    assert sum(line.energy_mj for line in got.lines) == pytest.approx(got.value_mj, rel=1e-9)
    assert all(line.part in (*got.breakdown_mj, "") for line in got.lines)
    assert PricedOperations.from_json(got.to_json()) == got


@FEW
@given(LINES, CHOICES, st.integers(0, 4), st.sampled_from(RISING), AMOUNT)
def test_no_energy_falls_when_a_count_rises(lines, choices, index, field, more):
    operations = [operation(*line) for line in lines]
    index %= len(operations)
    risen = list(operations)
    risen[index] = replace(risen[index], **{field: getattr(risen[index], field) + more})
    before, after = (price(table(these), **choices) for these in (operations, risen))
    for end in ("value_mj", "low_mj", "high_mj"):
        assert getattr(before, end) <= getattr(after, end) * (1 + 1e-12)


@FEW
@given(LINES, CHOICES, st.integers(2, 5), st.integers(0, 2**31))
def test_the_price_of_a_mean_is_the_mean_of_prices(lines, choices, n_samples, seed):
    operations = [operation(*line) for line in lines]
    generator = np.random.default_rng(seed)
    samples = generator.uniform(0, 1e6, (n_samples, len(operations), len(SAMPLED)))

    def at(values):
        rows = (dict(zip(SAMPLED, row, strict=True)) for row in values.tolist())
        return [replace(o, **row) for o, row in zip(operations, rows, strict=True)]

    got = price(table(at(samples.mean(axis=0)), samples), **choices)
    each = [price(table(at(sample)), **choices).value_mj for sample in samples]
    assert got.value_mj == pytest.approx(np.mean(each), rel=1e-9)
    interval = got.sample_interval_mj
    assert (interval.low + interval.high) / 2 == pytest.approx(
        np.mean(each), rel=1e-9
    ) or interval.low == 0
    assert interval.low <= got.value_mj * (1 + 1e-12)
    assert got.value_mj <= interval.high * (1 + 1e-12)
