import math

import pytest

from spikedim._core import InputError
from spikedim.energy import (
    OperationCounts,
    OperationKind,
    Place,
    Values,
    expected_operations,
    expected_twin_operations,
)
from spikedim.models import Card, LayerRow, Population, card

ROWS = (
    LayerRow("stem", "conv", 35, 0, 1000, False, Population("lif0", 10, 5), norm_parameters=8),
    LayerRow("fc", "linear", 40, 0, 400, True, Population("lif1", 10, 4)),
    LayerRow("sums", "linear", 60, 0, 600, True, None, 0, True),
    LayerRow("product", "attention", 0, 0, 300, True, Population("lif2", 10, 3)),
    LayerRow("inner", "inner_conv", 20, 0, 200, False),
    LayerRow("norm", "norm", 12, 0, 0, True),
    LayerRow("head", "head", 11, 0, 10, False),
)
STEPS, RATE = 4, 0.2


def toy(dataset="cifar10", rows=ROWS):
    return Card("toy-1/x", "toy", dataset, (3, 8, 8), 10, 1, 1, 10, 4, STEPS, rows)


@pytest.fixture
def counts():
    return expected_operations(toy(), steps=STEPS, rate=RATE)


def line(counts, layer):
    return next(o for o in counts.operations if o.layer == layer)


def test_products_and_populations_are_lines_in_order(counts):
    assert [(o.layer, o.kind.value) for o in counts.operations] == [
        ("stem", "convolution"),
        ("lif0", "neuron"),
        ("fc", "linear"),
        ("lif1", "neuron"),
        ("sums", "linear"),
        ("product", "attention"),
        ("lif2", "neuron"),
        ("inner", "convolution"),
        ("head", "linear"),
    ]
    assert (counts.subject, counts.source, counts.steps) == ("toy-1/x", "expected", STEPS)
    assert counts.samples.shape == (0, 9, 5)
    assert counts.parameters == 35 + 40 + 60 + 20 + 12 + 11


def test_a_product_of_spikes_needs_rate_times_its_operations(counts):
    fc = line(counts, "fc")
    assert (fc.values, fc.passes, fc.macs) == (Values.BINARY, STEPS, 1600.0)
    assert fc.synaptic_operations == fc.weighted_operations == pytest.approx(RATE * 1600)
    assert line(counts, "sums").values is Values.COUNTS
    product = line(counts, "product")
    assert (product.values, product.other_values) == (Values.BINARY, Values.BINARY)
    assert counts.synaptic_operations == pytest.approx(RATE * STEPS * 1300)


def test_each_weight_is_read_unless_all_that_it_serves_is_silent(counts):
    read = STEPS * 40 * (1 - (1 - RATE) ** 10)  # 400 operations, 40 weights
    assert line(counts, "fc").weights_read == pytest.approx(read)
    assert line(counts, "inner").weights_read == STEPS * 20
    assert line(counts, "product").weights_read == 0
    busy = expected_operations(toy(), steps=STEPS, rate=1.0)
    assert line(busy, "fc").weights_read == STEPS * 40


def test_a_static_stem_and_a_head_of_a_mean_act_once(counts):
    stem, head = line(counts, "stem"), line(counts, "head")
    assert (stem.place, stem.static, stem.passes, stem.macs) == (Place.STEM, True, 1, 1000.0)
    assert (stem.weights, stem.weights_read) == (27, 27.0)  # normalisation folded
    assert (head.place, head.static, head.passes, head.macs) == (Place.HEAD, False, 1, 10.0)
    assert stem.values is head.values is Values.REAL


def test_events_pass_the_stem_in_every_step():
    counts = expected_operations(toy("cifar10-dvs"), steps=STEPS, rate=RATE)
    stem = line(counts, "stem")
    assert not counts.static_input
    assert (stem.static, stem.passes, stem.macs) == (False, STEPS, 4000.0)


def test_a_head_of_spikes_acts_in_every_step():
    rows = (*ROWS[:-1], LayerRow("head", "head", 11, 0, 10, True))
    head = line(expected_operations(toy(rows=rows), steps=STEPS, rate=RATE), "head")
    assert (head.passes, head.synaptic_operations) == (STEPS, pytest.approx(RATE * 40))


def test_neurons_leak_add_compare_and_reset(counts):
    neurons = line(counts, "lif0")
    assert (neurons.neurons, neurons.passes) == (50, STEPS)
    assert neurons.spikes == pytest.approx(RATE * 200)
    assert neurons.additions == pytest.approx(200 + RATE * 200)
    assert neurons.multiplications == neurons.comparisons == 200.0
    assert neurons.rate == pytest.approx(RATE)
    assert counts.firing_rate == pytest.approx(RATE)
    assert line(counts, "fc").additions == 0


@pytest.mark.parametrize("name", ["spikformer-4-384/cifar10", "sdt-v2-31m", "spikegpt-216m/text"])
def test_totals_are_those_of_the_card(name):
    found = card(name)
    counts = expected_operations(found, steps=1, rate=0.5)
    assert counts.macs == found.macs
    assert counts.neurons == found.neurons
    assert expected_twin_operations(found).macs == found.macs


def test_a_twin_does_everything_once_on_real_values():
    twin = expected_twin_operations(toy("cifar10-dvs"))
    assert (twin.subject, twin.steps, twin.static_input) == ("toy-1/x:ann", 1, True)
    assert not any(o.static or o.neurons or o.accumulates for o in twin.operations)
    assert {o.values for o in twin.operations} == {Values.REAL}
    assert {o.passes for o in twin.operations} == {1}
    fc = line(twin, "fc")
    assert (fc.macs, fc.synaptic_operations, fc.weights_read) == (400.0, 400.0, 40.0)
    relu = line(twin, "lif1")
    assert (relu.kind, relu.comparisons) == (OperationKind.ACTIVATION, 40.0)


def test_a_twin_knows_what_passed_no_activation_function():
    twin = expected_twin_operations(toy())
    assert [o.layer for o in twin.operations if o.unquantised] == ["stem", "inner", "head"]


def test_the_card_of_an_ordinary_network_is_its_own_twin():
    ordinary = card("spikformer-2-64/digits:ann")
    spiking = card("spikformer-2-64/digits")
    ours, theirs = expected_twin_operations(ordinary), expected_twin_operations(spiking)
    assert ours.subject == theirs.subject == "spikformer-2-64/digits:ann"
    assert ours.macs == theirs.macs
    stems = [[o.layer for o in c.operations if o.place is Place.STEM] for c in (ours, theirs)]
    assert stems == [["stem.conv0"], ["stem.conv0"]]
    with pytest.raises(
        InputError, match=r"^expected_operations: `card` must be that of a spiking model; got "
    ):
        expected_operations(ordinary, steps=1, rate=0.5)


def test_survives_json(counts):
    again = OperationCounts.from_json(counts.to_json())
    assert again.operations == counts.operations


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("steps", [0, 1.5, True])
def test_steps_must_be_a_positive_integer(steps):
    with pytest.raises(InputError, match=r"^expected_operations: `steps` must be an integer >= 1"):
        expected_operations(toy(), steps=steps, rate=RATE)


@pytest.mark.parametrize("rate", [0.0, 1.1, math.nan])
def test_rate_must_be_a_fraction(rate):
    with pytest.raises(InputError, match=r"^expected_operations: `rate` must be"):
        expected_operations(toy(), steps=STEPS, rate=rate)
