import math

import numpy as np
import pytest
import torch

from spikedim._core import InputError, WeakResultWarning
from spikedim.circuits import (
    CircuitResult,
    Streams,
    exp_taylor_coincidence,
    published_exp_series,
    taylor_bias,
    taylor_order,
    taylor_variance,
)


def run(z=(0.0, 1.0), *, half_range=2.0, steps=500, seed=0, **more):
    return exp_taylor_coincidence(
        np.asarray(z),
        half_range=half_range,
        steps=steps,
        generator=np.random.default_rng(seed),
        **more,
    )


def test_estimates_the_exponential_of_every_entry():
    z = np.linspace(-1, 1, 12).reshape(3, 4)
    got = run(z, half_range=1.0, steps=1 << 20)
    np.testing.assert_allclose(got.value, np.exp(z), rtol=0.02)
    np.testing.assert_allclose(got.target, np.exp(z), rtol=1e-12)
    assert got.certificate.holds is True
    assert got.certificate.theorem.name == "2.1"
    assert not got.silent.any()


def test_a_scalar_is_an_entry():
    got = run(0.5)
    assert got.value.shape == got.silent.shape == ()
    assert CircuitResult.from_json(got.to_json()).to_json() == got.to_json()


def test_takes_tensors():
    z = torch.tensor([0.0, 1.0], dtype=torch.float64)
    got = exp_taylor_coincidence(z, half_range=2.0, steps=500, generator=np.random.default_rng(0))
    np.testing.assert_array_equal(got.value, run().value)


@pytest.mark.parametrize("streams", list(Streams))
def test_the_ends_of_the_range_are_exact_up_to_truncation(streams):
    z = np.array([-2.0, 2.0])
    got = run(z, streams=streams, steps=3, order=9)
    want = np.exp(z) + taylor_bias(z, half_range=2.0, order=9)
    np.testing.assert_allclose(got.value, want, rtol=1e-12)


@pytest.mark.parametrize("streams", ["fresh", "nested"])
def test_neurons_and_synapses_are_those_of_the_graph(streams):
    got = run([0.0, 0.5, 1.0], streams=streams, order=5)
    inputs = 15 if streams == "fresh" else 5
    graph = got.to_graph()
    assert (graph.neurons, graph.synapses) == (inputs + 5 + 1, 15 + 5)
    assert (got.certificate.neurons, got.certificate.synapses) == (3 * (inputs + 6), 3 * 20)


@pytest.mark.parametrize("order", [1, 2, 7, 128])
def test_only_the_coincidence_of_all_inputs_reaches_the_threshold(order):
    wiring = run(order=order, steps=1, streams="nested").wiring
    gates = wiring.projections[0].weight
    threshold = wiring.populations[1].threshold
    for neuron in range(order):
        weights = gates[:, neuron][gates[:, neuron] > 0]
        assert len(weights) == neuron + 1
        assert weights.sum() > threshold > weights[1:].sum()


def test_read_out_weights_are_those_of_the_series():
    weights = run(order=3).wiring.projections[1].weight.ravel()
    want = [math.exp(-2) * 4**j / math.factorial(j) for j in (1, 2, 3)]
    np.testing.assert_allclose(weights, want, rtol=1e-12)


def test_the_default_order_truncates_below_the_noise():
    got = run()
    order = got.wiring.populations[1].neurons
    assert order == taylor_order(half_range=2.0, error=1e-4) == 13


def test_the_law_is_the_variance_and_the_bias_together():
    z = np.array([-1.0, 0.3, 1.9])
    got = run(z, order=6, steps=50)
    mean_square = (
        taylor_variance(z, half_range=2.0, order=6, steps=50)
        + taylor_bias(z, half_range=2.0, order=6) ** 2
    ).mean()
    assert got.certificate.rms_law == pytest.approx(math.sqrt(mean_square), rel=1e-12)


def test_counts_spikes_of_all_populations():
    got = run(np.zeros(50), order=4, steps=2000)
    streams, coincidences = got.spikes
    assert streams.neurons == 50 * 10
    assert streams.rate == pytest.approx(0.5, abs=0.005)
    assert coincidences.rate == pytest.approx(np.mean(0.5 ** np.arange(1, 5)), abs=0.005)
    assert got.certificate.spikes == got.total_spikes == streams.spikes + coincidences.spikes


def test_totals_beyond_63_bits_do_not_overflow():
    got = run(np.full(4096, 2.0), order=128, steps=1 << 40, streams="nested")
    assert got.spikes[0].spikes == 4096 * 128 << 40


def test_error_is_measured_unless_told_otherwise():
    assert run().certificate.error is not None
    got = run(measure_error=False)
    assert (got.target, got.certificate.error, got.certificate.rms_error) == (None, None, None)
    assert got.certificate.holds is None
    assert got.certificate.bound > 0
    assert got.certificate.reason == "the error was not asked for"


def test_error_of_many_entries_is_measured_on_request_only():
    z = np.zeros(4096 * 256 + 1)
    got = run(z, half_range=0.1, order=1, steps=1)
    assert got.certificate.error is None
    assert got.certificate.reason.startswith("the error of more than 1,048,576 entries")


def test_same_seed_same_spikes():
    np.testing.assert_array_equal(run(seed=3).value, run(seed=3).value)
    assert run(seed=3).value.tolist() != run(seed=4).value.tolist()


def test_warns_of_the_amplification_above_three():
    with pytest.warns(WeakResultWarning, match=r"M = 4 is above 3; .* e\^4 = 54\.6"):
        run(half_range=4.0)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"z": [2.1]}, r"`z` must lie in \[-2, 2\]; got values from 2\.1 to 2\.1. Widen"),
        ({"z": [math.inf]}, r"`z` must be finite"),
        ({"half_range": 28.0}, r"`half_range` must be at most 27; got 28\.0"),
        ({"half_range": 0.0}, r"`half_range` must be above 0; got 0\.0"),
        ({"order": 2.5}, r"`order` must be an integer >= 1; got 2\.5"),
        ({"order": 200}, r"`order` must be at most 128; got 200"),
        ({"streams": "none"}, r"`streams` must be one of fresh, nested; got 'none'"),
        ({"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        ({"generator": None}, r"`generator` must be a numpy.random.Generator; got NoneType"),
    ],
)
@pytest.mark.parametrize("circuit", [exp_taylor_coincidence, published_exp_series])
def test_bad_input(circuit, change, message):
    good = {
        "z": [0.0],
        "half_range": 2.0,
        "steps": 4,
        "generator": np.random.default_rng(0),
    }
    call = good | change
    with pytest.raises(InputError, match=f"^{circuit.__name__}: {message}"):
        circuit(call.pop("z"), **call)


def test_published_series_has_no_theorem_to_hold():
    got = published_exp_series(
        [0.0, 2.0], half_range=2.0, steps=100, generator=np.random.default_rng(0)
    )
    assert got.certificate.theorem.name == ""
    assert (got.certificate.bound, got.certificate.holds) == (None, None)
    assert got.certificate.error > 0.3
    np.testing.assert_allclose(
        got.wiring.projections[1].weight[:4, 0], [1, 1 / 2, 1 / 6, 1 / 24], rtol=1e-12
    )
