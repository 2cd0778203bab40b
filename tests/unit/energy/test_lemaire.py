"""Rule set M2 on layers small enough to count by hand."""

import numpy as np
import pytest
from tests.hand_counts import changed, hand_counts, operation

from spikedim._core import AssumptionError
from spikedim.energy.operations import OperationKind, Place, Values
from spikedim.energy.pricing import price
from spikedim.energy.pricing._lemaire import Lemaire

ADD, MULT = 0.1, 3.1
MAC = ADD + MULT
MESSAGE = 4 * 2.5 * 4000 / 8192  # one word out of a memory of 1000 words


def sram(words):
    """One 4-byte word out of a memory below 8 KB: linear in its size."""
    return 4 * 2.5 * (4 * words) / 8192


def counts(*operations, samples=None):
    return hand_counts(*operations, samples=samples)


# 8 inputs, 4 outputs, two steps; 5 spikes
FC = operation(
    "fc",
    OperationKind.LINEAR,
    "addmm",
    values=Values.BINARY,
    passes=2,
    macs=64,
    inner_macs=64,
    synaptic_operations=20,
    weighted_operations=20,
    inputs=16,
    active_inputs=5,
    outputs=8,
    weights=32,
    weights_read=16,
)
LIF = operation(
    "lif",
    OperationKind.NEURON,
    "lif",
    passes=2,
    neurons=4,
    spikes=3,
    inputs=8,
    outputs=8,
    additions=11,
    multiplications=8,
    comparisons=8,
)
IF = changed(LIF, multiplications=0.0)


def test_a_linear_layer_and_its_neurons_by_hand():
    got = price(counts(FC, LIF), rules="M2 lemaire").breakdown_mj
    expected = {
        # 20 additions, 3 resets, 8 leaks
        "compute": 20 * ADD + 3 * ADD + 8 * MAC,
        "addressing": 20 * ADD,
        # 5 messages read, 3 written
        "inputs_outputs": 8 * MESSAGE,
        "parameters": 20 * sram(32),
        # a sum read and written for each synaptic operation, a membrane in each step
        "potentials": 2 * 20 * sram(4) + 2 * 8 * sram(4),
    }
    assert got == pytest.approx({part: energy * 1e-9 for part, energy in expected.items()})


def test_integrate_and_fire_needs_no_multiplication():
    leaky = price(counts(FC, LIF), rules="M2 lemaire").breakdown_mj["compute"]
    plain = price(counts(FC, IF), rules="M2 lemaire").breakdown_mj["compute"]
    assert leaky - plain == pytest.approx(8 * MAC * 1e-9)


def test_a_convolution_finds_the_first_output_of_each_spike():
    conv = changed(FC, kind=OperationKind.CONVOLUTION)
    extra = (
        price(counts(conv, IF), rules="M2 lemaire").value_mj
        - price(counts(FC, IF), rules="M2 lemaire").value_mj
    )
    assert extra == pytest.approx(5 * 2 * MAC * 1e-9)


def test_a_real_layer_by_hand():
    real = changed(FC, values=Values.REAL, passes=1, macs=32.0, inputs=8.0, outputs=4.0)
    got = price(counts(real), rules="M2 lemaire").breakdown_mj
    expected = {
        "compute": 32 * MAC,
        "addressing": 12 * ADD,
        "inputs_outputs": 8 * sram(8) + 4 * sram(4),
        "parameters": 32 * sram(32),
        "potentials": 0.0,
    }
    assert got == pytest.approx({part: energy * 1e-9 for part, energy in expected.items()})


def test_a_real_convolution_reads_an_input_for_every_product():
    real = changed(FC, values=Values.REAL, passes=1, macs=32.0, inputs=8.0, outputs=4.0)
    conv = changed(real, kind=OperationKind.CONVOLUTION)
    linear, convolution = (
        price(counts(one), rules="M2 lemaire").breakdown_mj["inputs_outputs"]
        for one in (real, conv)
    )
    assert convolution - linear == pytest.approx((32 - 8) * sram(8) * 1e-9)


def test_a_static_stem_is_charged_once_or_in_every_step():
    stem = changed(FC, values=Values.REAL, place=Place.STEM, static=True)
    once, every = (
        price(counts(stem, LIF), rules="M2 lemaire", stem=stem_policy)
        for stem_policy in ("once", "every_step")
    )
    neurons = price(counts(LIF), rules="M2 lemaire").value_mj
    assert every.value_mj - neurons == pytest.approx(2 * (once.value_mj - neurons))


@pytest.mark.parametrize(
    ("integers", "compute"), [("additions", 50 * ADD), ("multiplications", 20 * MAC)]
)
def test_a_count_of_spikes_travels_in_one_message_and_is_added_as_often_as_it_says(
    integers, compute
):
    summed = changed(FC, values=Values.COUNTS, weighted_operations=50)
    got = price(counts(summed, IF), rules="M2 lemaire", integers=integers).breakdown_mj
    binary = price(counts(FC, IF), rules="M2 lemaire").breakdown_mj
    assert got["compute"] == pytest.approx((compute + 3 * ADD) * 1e-9)
    assert got["parameters"] == pytest.approx(binary["parameters"])
    assert got["inputs_outputs"] == pytest.approx(binary["inputs_outputs"])


def test_counts_of_spikes_can_be_booked_densely():
    summed = changed(FC, values=Values.COUNTS, weighted_operations=50)
    got = price(counts(summed, IF), rules="M2 lemaire", integers="dense").breakdown_mj
    assert got["compute"] == pytest.approx((64 * MAC + 3 * ADD) * 1e-9)


@pytest.mark.parametrize(
    ("capacity", "per_byte"),
    # the printed points, half way between two of them, and beyond the last
    [
        (0, 0.0),
        (4096, 1.25),
        (8192, 2.5),
        (20480, 3.75),
        (32768, 5),
        (540672, 15),
        (2**20, 25),
        (2**30, 25),
    ],
)
def test_the_price_of_a_byte_is_linear_between_the_printed_capacities(capacity, per_byte):
    assert Lemaire().access_pj(capacity / 4, 4.0) == pytest.approx(per_byte)


def test_the_band_is_the_width_of_the_word_that_memory_was_printed_for():
    got = price(counts(FC, IF), rules="M2 lemaire")
    memory = sum(got.breakdown_mj[p] for p in ("inputs_outputs", "parameters", "potentials"))
    assert got.high_mj == pytest.approx(got.value_mj)
    assert got.value_mj - got.low_mj == pytest.approx(memory / 2)
    assert "factor 2" in got.band


def test_int8_moves_a_quarter_of_the_bytes():
    full, narrow = (
        price(counts(FC, IF), rules="M2 lemaire", word=word) for word in ("fp32", "int8")
    )
    # a quarter of the bytes, out of memories a quarter as large
    assert narrow.breakdown_mj["parameters"] == pytest.approx(full.breakdown_mj["parameters"] / 16)
    assert narrow.breakdown_mj["addressing"] == pytest.approx(20 * 0.03e-9)
    assert narrow.constants[:2] == ("int8_add", "int8_mult")


def test_sixteen_bits_have_no_price():
    with pytest.raises(AssumptionError, match=r"32 or of 8 bits, and no fp16"):
        price(counts(FC, IF), rules="M2 lemaire", word="fp16")


def test_a_quantised_twin_adds_once_for_each_set_bit_and_moves_narrow_activations():
    real = changed(FC, values=Values.REAL, passes=1, macs=32.0, inputs=8.0, outputs=4.0)
    got = price(counts(real), rules="M2 lemaire", activation_bits=4)
    assert got.breakdown_mj["compute"] == pytest.approx(32 * 4 * 0.5 * ADD * 1e-9)
    wide = price(counts(real), rules="M2 lemaire").breakdown_mj["inputs_outputs"]
    # an eighth of the bytes, out of memories an eighth as large
    assert got.breakdown_mj["inputs_outputs"] == pytest.approx(wide / 64)
    assert got.low_mj < got.value_mj < got.high_mj


def test_of_two_activations_one_arrives_and_the_other_is_held():
    """[3, 5] times [5, 2]: five times two numbers are held."""
    product = operation(
        "product",
        OperationKind.ATTENTION,
        "bmm",
        values=Values.BINARY,
        other_values=Values.BINARY,
        macs=30,
        inner_macs=30,
        synaptic_operations=7,
        weighted_operations=7,
        inputs=15,
        active_inputs=6,
        outputs=6,
    )
    got = price(counts(product, IF), rules="M2 lemaire").breakdown_mj
    assert got["parameters"] == pytest.approx(7 * sram(10) * 1e-9)


def test_layers_beyond_the_curve_are_named():
    wide = changed(FC, weights=10**6)
    notes = price(counts(wide, IF), rules="M2 lemaire").notes
    assert any("1 layers hold more than 1 MB" in note for note in notes)


def test_normalisations_cost_nothing_unless_they_count():
    norm = operation(
        "norm", OperationKind.NORMALISATION, "batch_norm", additions=8, multiplications=8
    )
    folded, counted = (
        price(counts(FC, norm, IF), rules="M2 lemaire", norms=norms)
        for norms in ("folded", "counted")
    )
    assert counted.value_mj - folded.value_mj == pytest.approx(8 * MAC * 1e-9)


def test_the_interval_follows_from_the_counts_of_each_sample():
    samples = np.array([[[10, 10, 3, 0, 0], [0, 0, 0, 0, 2]], [[30, 30, 7, 0, 0], [0, 0, 0, 0, 4]]])
    got = price(counts(FC, IF, samples=samples.astype(float)), rules="M2 lemaire")
    interval = got.sample_interval_mj
    assert interval.low <= got.value_mj <= interval.high
    assert (interval.low + interval.high) / 2 == pytest.approx(got.value_mj) or interval.low == 0
