"""Rule set M4: published energies of chips, and what they do not run."""

import pytest
from tests.hand_counts import changed, hand_counts, operation

from spikedim._core import AssumptionError
from spikedim.energy.constants import price as constant
from spikedim.energy.operations import OperationKind, Place, Values
from spikedim.energy.pricing import Chip, price


def counts(*operations):
    return hand_counts(*operations, steps=4)


STEM = operation(
    "stem",
    OperationKind.CONVOLUTION,
    "convolution",
    place=Place.STEM,
    values=Values.REAL,
    passes=4,
    static=True,
    macs=400,
    inputs=40,
    outputs=40,
    weights=10,
)
FC = operation(
    "fc",
    OperationKind.LINEAR,
    "addmm",
    values=Values.BINARY,
    passes=4,
    macs=1000,
    synaptic_operations=200,
    weighted_operations=200,
    inputs=100,
    active_inputs=20,
    outputs=40,
    weights=250,
)
LIF = operation("lif", OperationKind.NEURON, "lif", passes=4, neurons=10, spikes=12)
HEAD = operation(
    "head",
    OperationKind.LINEAR,
    "addmm",
    place=Place.HEAD,
    values=Values.REAL,
    macs=50,
    inputs=10,
    outputs=5,
    weights=50,
)


def test_loihi_charges_operations_spikes_and_updates():
    got = price(counts(STEM, FC, LIF), rules="M4 chip", chip="loihi1")
    expected = {
        "synapses": 200 * 23.6,
        "spikes": 12 * (1.7 + 4.75 * 3.5),
        "updates": 4 * 10 * 81,
    }
    assert got.breakdown_mj == pytest.approx({part: pj * 1e-9 for part, pj in expected.items()})
    assert set(got.constants) == {
        "loihi1_synop",
        "loihi1_tile_spike",
        "loihi1_hop_ew",
        "loihi1_hop_ns",
        "yan_hops_transformer",
        "loihi1_update",
    }


def test_the_band_of_loihi_holds_what_its_sources_print():
    got = price(counts(FC, LIF), rules="M4 chip", chip="loihi1")
    low = 200 * 23.6 + 12 * (1.7 + 0.64 * 3.0) + 40 * 52
    high = 200 * 35.5 + 12 * (1.7 + 4.75 * 4.2) + 40 * 81
    assert got.low_mj == pytest.approx(low * 1e-9)
    assert got.high_mj == pytest.approx(high * 1e-9)
    assert "loihi1_update 52 to 81 pJ" in got.band


@pytest.mark.parametrize("chip", list(Chip))
def test_every_chip_charges_at_least_its_synaptic_operations(chip):
    got = price(counts(FC, LIF), rules="M4 chip", chip=chip)
    assert got.breakdown_mj["synapses"] == pytest.approx(200 * constant(f"{chip}_synop") * 1e-9)
    assert got.low_mj <= got.value_mj <= got.high_mj
    assert f"{chip}_synop" in got.constants
    assert not [name for name in got.constants if "loihi2" in name]


@pytest.mark.parametrize("chip", ["odin", "seneca", "tianjic"])
def test_a_term_without_a_published_price_is_left_out_and_said(chip):
    got = price(counts(FC, LIF), rules="M4 chip", chip=chip)
    assert set(got.breakdown_mj) == {"synapses"}
    assert any(
        "no energy is published for moving spikes and for updating neurons" in note
        for note in got.notes
    )


def test_truenorth_holds_everything_in_one_figure_and_spans_ten_times():
    got = price(counts(FC, LIF), rules="M4 chip", chip="truenorth")
    assert got.high_mj / got.low_mj == pytest.approx(26 / 2.5)
    assert any("power of the whole chip" in note for note in got.notes)


def test_spinnaker_updates_neurons_in_software():
    got = price(counts(FC, LIF), rules="M4 chip", chip="spinnaker2")
    assert got.breakdown_mj["updates"] == pytest.approx(40 * 2190e-9)
    assert got.low_mj == pytest.approx((200 * 10 + 40 * 2190) * 1e-9)


def test_a_sum_of_spikes_is_as_many_operations_whatever_the_choice():
    summed = changed(FC, values=Values.COUNTS, weighted_operations=500)
    for how in ("additions", "multiplications", "dense"):
        got = price(counts(summed, LIF), rules="M4 chip", chip="odin", integers=how)
        assert got.value_mj == pytest.approx(500 * 12.7e-9)


def test_stem_and_head_of_real_values_run_beside_the_chip():
    got = price(counts(STEM, FC, LIF, HEAD), rules="M4 chip", chip="odin")
    assert got.value_mj == pytest.approx(200 * 12.7e-9)
    assert got.lines[0].booked_as == "left out: real values, beside the chip"
    # the stem once, the head once
    assert any("150 multiply-accumulates" in note for note in got.notes)


def test_a_product_of_real_values_inside_is_refused():
    real = changed(FC, values=Values.REAL)
    with pytest.raises(AssumptionError, match=r"does not multiply real values, as `fc` \(linear\)"):
        price(counts(STEM, real, LIF), rules="M4 chip")


def test_a_softmax_is_refused():
    softmax = operation("attn", OperationKind.SOFTMAX, "softmax")
    with pytest.raises(AssumptionError, match=r"has no softmax, as `attn` needs"):
        price(counts(FC, softmax, LIF), rules="M4 chip")


def test_an_ordinary_network_is_refused():
    with pytest.raises(AssumptionError, match=r"no network without spiking neurons"):
        price(counts(STEM, changed(FC, values=Values.REAL)), rules="M4 chip")


def test_a_sum_of_currents_is_no_obstacle():
    mean = operation("mean", OperationKind.SUMMATION, "mean", values=Values.REAL, additions=30)
    assert price(counts(FC, mean, LIF), rules="M4 chip", chip="odin").value_mj == pytest.approx(
        200 * 12.7e-9
    )
