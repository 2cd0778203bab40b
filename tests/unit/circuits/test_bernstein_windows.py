import math

import numpy as np
import pytest
import torch
from tests.token_functions import DESIGN_LIPSCHITZ, centred, design, running_sum

from spikedim._core import InputError
from spikedim.circuits import CircuitResult, bernstein_windows
from spikedim.circuits.universal._bernstein_windows import _proxy


def run(x, *, window=64, windows=1, seed=0, function=design, lipschitz=DESIGN_LIPSCHITZ, **more):
    return bernstein_windows(
        x,
        function=function,
        window=window,
        windows=windows,
        lipschitz=lipschitz,
        generator=np.random.default_rng(seed),
        **more,
    )


@pytest.fixture
def samples():
    return np.random.default_rng(0).random((40, 2, 2))


def test_one_window_is_the_function_of_the_counts(samples):
    got = run(samples, batched=True)
    counts = np.random.default_rng(0).binomial(64, samples, size=(1, *samples.shape))
    np.testing.assert_allclose(got.value, design(counts[0] / 64), atol=1e-12)
    assert got.spikes[0].spikes == got.certificate.spikes == counts.sum()


def test_windows_are_averaged_whatever_the_chunk(samples, monkeypatch):
    whole = run(samples, windows=50, batched=True)
    monkeypatch.setattr(
        "spikedim.circuits.universal._bernstein_windows._CHUNK_ENTRIES", 7 * samples.size
    )
    pieces = run(samples, windows=50, batched=True)
    np.testing.assert_allclose(pieces.value, whole.value, rtol=1e-12)
    assert pieces.spikes == whole.spikes
    counts = np.random.default_rng(0).binomial(64, samples, size=(50, *samples.shape))
    np.testing.assert_allclose(whole.value, design(counts / 64).mean(axis=0), atol=1e-12)


def test_a_function_of_one_sample_gives_the_same(samples):
    np.testing.assert_array_equal(run(samples).value, run(samples, batched=True).value)


def test_certain_inputs_are_exact():
    x = np.array([[1.0, 0.0], [0.0, 1.0]])
    got = run(x, windows=3)
    np.testing.assert_array_equal(got.value, design(x))
    assert got.certificate.bound == got.certificate.error == 0
    assert got.spikes[0].spikes == 2 * 64 * 3


def test_shapes_and_tensors(samples):
    got = run(torch.tensor(samples.reshape(8, 5, 2, 2)), batched=True)
    assert got.value.shape == (8, 5, 2, 2)
    assert got.silent.shape == (8, 5, 2)
    one = run(samples[0])
    assert one.value.shape == (2, 2)
    assert CircuitResult.from_json(one.to_json()).to_json() == one.to_json()


def test_counts_of_neurons_and_steps(samples):
    got = run(samples, window=16, windows=5, batched=True)
    assert got.steps == 80
    graph = got.to_graph()
    assert (graph.neurons, graph.synapses) == (8, 4)
    assert got.certificate.neurons == 40 * 8
    assert got.wiring.projections[0].weight == 1 / 16
    assert got.spikes[0].rate == pytest.approx(samples.mean(), abs=0.02)


def test_bounds_of_the_theorem(samples):
    got = run(samples, window=16, windows=5, batched=True).certificate
    spread = (samples * (1 - samples)).sum(axis=(1, 2))
    assert got.rms_law == pytest.approx(DESIGN_LIPSCHITZ * math.sqrt(spread.mean() / 16))
    assert got.bound >= DESIGN_LIPSCHITZ * math.sqrt(spread.min() / 16)
    assert got.theorem.failure_probability == 1e-6
    at_half = run(np.full((2, 2), 0.5), window=16, windows=5).certificate
    noise = math.sqrt(4 * math.log(1e6) / (2 * 80))
    assert at_half.bound == pytest.approx(DESIGN_LIPSCHITZ * (math.sqrt(1 / 16) + noise))


def test_sub_gaussian_constant_is_largest_at_one_half_and_bounds_the_variance():
    x = np.concatenate([np.linspace(0, 1, 1001), 0.5 + np.array([-1e-4, -1e-9, 1e-9, 1e-4])])
    got = _proxy(x)
    assert got.max() <= 0.25
    assert (got >= x * (1 - x) - 1e-12).all()
    assert got[[0, 500, 1000]].tolist() == [0, 0.25, 0]
    # The moment generating function is below that of a Gaussian with this variance.
    for rate, proxy in zip(x[::50].tolist(), got[::50].tolist(), strict=True):
        for tilt in (-20.0, -3.0, -0.1, 0.1, 3.0, 20.0):
            moment = math.log(1 - rate + rate * math.exp(tilt)) - tilt * rate
            assert moment <= tilt**2 * proxy / 2 + 1e-12


def test_rates_next_to_0_are_taken():
    x = np.array([[1e-310], [0.5]])
    got = bernstein_windows(
        x, function=centred, window=4, lipschitz=1.0, generator=np.random.default_rng(0)
    )
    assert got.certificate.holds


def test_an_estimated_slope_says_so(samples):
    got = run(samples, lipschitz=None, batched=True)
    assert "lower estimate" in got.certificate.theorem.assumptions[1].text


def test_not_measured_on_request(samples):
    got = run(samples, measure_error=False)
    assert (got.target, got.certificate.error, got.certificate.holds) == (None, None, None)
    assert got.certificate.rms_law > 0


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros(3)}, r"`x` must have shape \[\.\.\., n, d\]; got \(3,\)"),
        ({"x": np.full((2, 2), -0.1)}, r"`x` must be in \[0, 1\]; got values from -0\.1"),
        ({"function": running_sum}, r"`function` must be permutation-equivariant"),
        ({"function": None}, r"`function` must be callable; got NoneType"),
        ({"window": 0}, r"`window` must be an integer >= 1; got 0"),
        ({"windows": 2.0}, r"`windows` must be an integer >= 1; got 2\.0"),
        ({"window": 1 << 30, "windows": 1 << 30}, r"`window x windows` must be at most 2\*\*40"),
        ({"lipschitz": 0.1}, r"`lipschitz` must be at least the slope of f; got 0\.1"),
        ({"generator": None}, r"`generator` must be a numpy.random.Generator; got NoneType"),
    ],
)
def test_bad_input(change, message):
    good = {
        "x": np.zeros((2, 2)),
        "function": centred,
        "window": 4,
        "windows": 1,
        "lipschitz": 1.0,
        "generator": np.random.default_rng(0),
    }
    call = good | change
    with pytest.raises(InputError, match=f"^bernstein_windows: {message}"):
        bernstein_windows(call.pop("x"), **call)
