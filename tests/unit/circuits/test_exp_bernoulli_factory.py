import math

import numpy as np
import pytest

from spikedim._core import InputError, WeakResultWarning
from spikedim.circuits import CircuitResult, exp_bernoulli_factory, factory_variance


def run(z=(0.0, 1.0), *, half_range=2.0, steps=500, seed=0, **more):
    return exp_bernoulli_factory(
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
    assert got.certificate.holds is True
    assert got.certificate.theorem.name == "2.2a"
    assert CircuitResult.from_json(got.to_json()).to_json() == got.to_json()


def test_at_the_upper_end_no_input_ever_fails():
    got = run([2.0], steps=77)
    assert got.value[0] == pytest.approx(math.exp(2), rel=1e-12)
    gates, inputs, coincidence = got.spikes
    assert gates.spikes == inputs.spikes > 0
    assert coincidence.spikes == 77


def test_at_the_lower_end_no_input_ever_fires():
    got = run([-2.0], steps=1000)
    gates, inputs, coincidence = got.spikes
    assert inputs.spikes == 0
    assert gates.spikes == pytest.approx(4000, abs=400)
    assert coincidence.spikes == pytest.approx(1000 * math.exp(-4), abs=20)


def test_a_silent_entry_is_flagged_and_covered_by_its_bound():
    got = run([-2.0, 2.0], steps=2)
    assert got.silent.tolist() == [True, False]
    assert got.value[0] == 0
    assert got.certificate.holds is True
    assert got.certificate.reason == "1 of 2 entries got no output spike and say 0"


def test_spikes_per_step():
    got = run(np.full(100, 0.5), steps=4000)
    gates, inputs, coincidence = got.spikes
    per_step = 100 * 4000
    assert gates.spikes / per_step == pytest.approx(4.0, rel=0.01)  # 2M
    assert inputs.spikes / per_step == pytest.approx(2.5, rel=0.01)  # z + M
    assert coincidence.spikes / per_step == pytest.approx(math.exp(-1.5), rel=0.02)
    assert got.certificate.spikes == gates.spikes + inputs.spikes + coincidence.spikes


def test_neurons_and_synapses_are_those_of_the_graph():
    got = run()
    graph = got.to_graph()
    pool = got.wiring.populations[0].neurons
    assert (graph.neurons, graph.synapses) == (2 * pool + 2, 3 * pool + 1)
    assert got.certificate.neurons == 2 * graph.neurons
    assert got.certificate.synapses == 2 * graph.synapses


def test_the_law_is_the_exact_variance():
    z = np.array([-1.0, 0.3, 1.9])
    want = math.sqrt(factory_variance(z, half_range=2.0, steps=50).mean())
    assert run(z, steps=50).certificate.rms_law == pytest.approx(want, rel=1e-12)


def test_error_is_not_measured_if_not_asked_for():
    got = run(measure_error=False)
    assert (got.target, got.certificate.error, got.certificate.holds) == (None, None, None)


def test_warns_of_the_amplification_above_three():
    with pytest.warns(WeakResultWarning, match=r"M = 3\.5 is above 3; .* e\^7 = 1\.1e\+03"):
        run(half_range=3.5)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"z": [-2.1]}, r"`z` must lie in \[-2, 2\]"),
        ({"z": ["a"]}, r"`z` must be an array of real numbers"),
        ({"half_range": 30}, r"`half_range` must be at most 27; got 30"),
        ({"steps": 1 << 41}, r"`steps` must be at most 2\*\*40"),
        ({"generator": 0}, r"`generator` must be a numpy.random.Generator; got int"),
    ],
)
def test_bad_input(change, message):
    good = {"z": [0.0], "half_range": 2.0, "steps": 4, "generator": np.random.default_rng(0)}
    call = good | change
    with pytest.raises(InputError, match=f"^exp_bernoulli_factory: {message}"):
        exp_bernoulli_factory(call.pop("z"), **call)
