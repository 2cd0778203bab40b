from dataclasses import replace

import numpy as np
import pytest
from tests.audit_examples import (
    STEPS,
    at_rate,
    network,
    neurons,
    real_product,
    spiking_product,
    touched,
    uniform_counts,
)

from spikedim.energy import OperationKind, Place, Values
from spikedim.energy.audit._scaled_counts import RateScale, at_steps, runs_in_steps
from spikedim.energy.pricing import sampled_values


def only(operation):
    return at_rate(network([operation]), 2.0).operations[0]


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 3.0])
def test_a_uniform_network_at_another_rate_is_the_one_counted_there(factor):
    got = sampled_values(at_rate(uniform_counts(0.1), factor))
    np.testing.assert_allclose(got, sampled_values(uniform_counts(0.1 * factor)), rtol=1e-12)


def test_two_spiking_factors_overlap_with_the_square():
    seen = spiking_product("attn", 64, 64, 0.1, values=Values.COUNTS, other=Values.BINARY)
    got = only(seen)
    assert got.synaptic_operations == pytest.approx(4 * seen.synaptic_operations)
    assert got.weighted_operations == pytest.approx(4 * seen.weighted_operations)
    assert got.active_inputs == pytest.approx(2 * seen.active_inputs)


def test_one_spiking_factor_beside_a_real_one_counts_once():
    seen = replace(spiking_product("attn", 64, 64, 0.1, other=Values.REAL), weights=0)
    assert only(seen).synaptic_operations == pytest.approx(2 * seen.synaptic_operations)


@pytest.mark.parametrize(
    "seen",
    [
        real_product("fc", 640),
        real_product("stem", 640, place=Place.STEM, passes=4),
        replace(spiking_product("stem", 64, 8, 0.1), place=Place.STEM),
        replace(spiking_product("add", 64, 8, 0.1), kind=OperationKind.RESIDUAL),
    ],
    ids=["real", "image", "events", "residual"],
)
def test_what_reads_no_spikes_of_neurons_stays(seen):
    np.testing.assert_array_equal(
        sampled_values(network([only(seen)])), sampled_values(network([seen]))
    )


def test_no_layer_fires_more_than_in_every_place():
    full = spiking_product("fc", 64, 8, 0.8)
    got = only(full)
    assert got.active_inputs == pytest.approx(full.inputs)
    assert got.synaptic_operations == pytest.approx(full.inner_macs)
    assert got.weights_read == pytest.approx(full.weights * STEPS)
    lif = neurons("lif", 10, 0.8)
    assert only(lif).spikes == pytest.approx(lif.neurons * STEPS)


def test_a_sum_has_no_dense_operations_to_stay_below():
    seen = replace(
        spiking_product("sum", 64, 8, 0.1),
        kind=OperationKind.SUMMATION,
        macs=0.0,
        inner_macs=0.0,
        weights=0,
        weights_read=0.0,
    )
    assert only(seen).synaptic_operations == pytest.approx(2 * seen.synaptic_operations)


def test_weights_that_were_all_read_are_fewer_at_a_lower_rate():
    seen = spiking_product("fc", 1024, 4000, 0.1)
    assert seen.weights_read == 1024 * STEPS  # to the last digit
    got = at_rate(network([seen]), 1e-3).operations[0]
    assert got.weights_read == pytest.approx(touched(1e-4, 4000) * 1024 * STEPS)


def test_spikes_in_clumps_ask_for_fewer_weights_and_stay_so():
    independent = spiking_product("fc", 1024, 16, 0.1)
    clumped = replace(independent, weights_read=0.3 * 1024 * STEPS)
    assert only(clumped).weights_read == pytest.approx(
        (1 - 0.7 ** (np.log(0.8) / np.log(0.9))) * 1024 * STEPS
    )


def test_a_silent_layer_stays_silent():
    np.testing.assert_array_equal(
        RateScale(uniform_counts(0.0)).values(5.0), sampled_values(uniform_counts(0.0))
    )


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_another_number_of_steps(steps):
    seen, got = uniform_counts(0.1), at_steps(uniform_counts(0.1), steps)
    want = uniform_counts(0.1, steps=steps)
    assert got.steps == steps
    for one, other, before in zip(got.operations, want.operations, seen.operations, strict=True):
        if before.static:
            assert one == before
        else:
            assert one.passes == steps
            assert one.macs == pytest.approx(other.macs)
            assert one.spikes == pytest.approx(other.spikes)
            assert one.weights_read == pytest.approx(other.weights_read)
            assert one.additions == pytest.approx(other.additions)
            assert one.neurons == other.neurons


def test_what_acted_once_acts_once_at_any_number_of_steps():
    head = real_product("head", 160, place=Place.HEAD)
    assert at_steps(network([head]), 8).operations == (head,)


def test_a_sum_has_as_many_more_spikes_as_its_neurons_fire():
    seen = spiking_product("fc", 64, 8, 0.8, values=Values.COUNTS)
    got = only(seen)
    assert got.synaptic_operations == pytest.approx(seen.inner_macs)  # no input is active twice
    assert got.weighted_operations == pytest.approx(2 * seen.weighted_operations)


def test_of_a_single_step_all_but_the_image_is_another_in_the_next():
    layers = [
        real_product("stem", 640, place=Place.STEM),
        replace(spiking_product("fc", 64, 8, 0.1, steps=1), static=True),
    ]
    stem, inside = at_steps(network(layers, steps=1), 3).operations
    assert stem == layers[0]
    assert inside.passes == 3
    assert inside.synaptic_operations == pytest.approx(3 * layers[1].synaptic_operations)


def test_layers_that_act_once_on_counts_do_not_run_in_steps():
    once = replace(spiking_product("fc", 64, 8, 0.1, values=Values.SCALED_COUNTS), passes=1)
    assert runs_in_steps(uniform_counts(0.1))
    assert not runs_in_steps(network([once]))


def test_scaled_counts_have_no_samples():
    got = at_steps(uniform_counts(0.1), 2)
    assert got.n_samples == 0
    assert got.samples.shape == (0, len(got.operations), 5)
