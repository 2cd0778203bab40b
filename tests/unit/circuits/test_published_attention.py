import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.circuits import published_attention, published_subtractive_rates
from spikedim.circuits.attention import _published_attention

X = np.array([[0.8, 0.2], [0.3, 0.7]])
EYE = np.eye(2)
ATTENTION = np.array([[0.5528, 0.4472], [0.4647, 0.5353]])


def run(x=X, w_q=EYE, w_k=EYE, w_v=EYE, seed=0, **settings):
    settings = {"steps": 200, "generator": np.random.default_rng(seed)} | settings
    return published_attention(x, w_q, w_k, w_v, **settings)


def test_the_target_is_exact_attention():
    result = run()
    np.testing.assert_allclose(result.target, ATTENTION @ X, atol=1e-4)
    want = -(ATTENTION * np.log2(ATTENTION)).sum(axis=1)
    np.testing.assert_allclose(result.row_entropy_bits, want, atol=1e-3)
    gap = np.linalg.norm(result.value - result.target)
    assert result.certificate.error == result.certificate.rms_error == pytest.approx(gap)


def naive_leaky(currents, leak=0.5, threshold=1.0):
    """Return spikes of a plain loop whose reset of one threshold acts after the leak."""
    membrane, spikes, trains = np.zeros(currents.shape[1:]), 0.0, []
    for current in currents:
        membrane = leak * membrane + current - threshold * spikes
        spikes = (membrane >= threshold).astype(float)
        trains.append(spikes)
    return np.array(trains)


def test_neurons_and_scores_match_plain_loops(monkeypatch):
    rng = np.random.default_rng(3)
    x, w_q, w_k, w_v = rng.random((3, 4)), *(rng.normal(size=(4, k)) for k in (2, 2, 5))
    fed = (np.random.default_rng(7).random((50, 3, 4)) < x).astype(float)
    query, key, value = (naive_leaky(fed @ w) for w in (w_q, w_k, w_v))
    monkeypatch.setattr(_published_attention, "_CHUNK", 120)  # a few steps at a time
    result = run(x, w_q, w_k, w_v, seed=7, steps=50)
    spikes = {part.population: part.spikes for part in result.spikes}
    for name, train in (("input", fed), ("query", query), ("key", key), ("value", value)):
        assert spikes[name] == train.sum()
    assert spikes["pairs"] == np.einsum("tia,tja->", query, key)
    assert result.value.shape == (3, 5)


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_the_value_is_what_the_three_stages_tend_to(weight):
    steps, rng = 6000, np.random.default_rng(3)
    x, w_q, w_k, w_v = rng.random((3, 4)), *(rng.random((4, k)) for k in (2, 2, 5))
    fed = (np.random.default_rng(7).random((steps, 3, 4)) < x).astype(float)
    query, key, value = (naive_leaky(fed @ w, 0.8, 1.3) for w in (w_q, w_k, w_v))
    scores = np.einsum("tia,tja->ij", query, key) / (2 * steps)
    exponential = 1 + scores + scores**2 / 2 + scores**3 / 6
    rates = published_subtractive_rates(np.log(exponential), weight=weight)
    shares = rates / rates.sum(axis=1, keepdims=True)
    result = run(
        x, w_q, w_k, w_v, seed=7, steps=steps, leak=0.8, threshold=1.3, weight=weight, order=3
    )
    np.testing.assert_allclose(result.value, shares @ value.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(result.row_spikes / steps, rates.sum(axis=1), atol=0.02)
    assert np.ptp(shares) > 0.04


def test_chunks_of_steps_change_nothing(monkeypatch):
    whole = run()
    monkeypatch.setattr(_published_attention, "_CHUNK", 100)
    np.testing.assert_array_equal(run().value, whole.value)


@pytest.mark.parametrize("name", ["w_q", "w_k", "w_v"])
def test_silence_is_flagged(name):
    result = run(**{name: -EYE})
    assert result.silent.tolist() == [True, True]
    assert result.value.tolist() == [[0, 0], [0, 0]]
    certificate = result.certificate
    assert (certificate.error, certificate.holds) == (None, False)
    assert certificate.reason.startswith("2 silent rows have no value; no theorem covers it")
    assert "4 of 12 query, key and value neurons never fired" in certificate.reason


def test_a_row_whose_queries_are_silent_is_left_out_of_the_error():
    result = run(x=np.array([[0.8, 0.2], [0.0, 0.0]]))
    assert result.silent.tolist() == [False, True]
    assert result.value[1].tolist() == [0, 0]
    gap = np.linalg.norm(result.value[0] - result.target[0])
    assert result.certificate.error == pytest.approx(gap)


def test_saturation_is_counted():
    reason = run(x=np.ones((2, 2)), w_q=10 * EYE).certificate.reason
    assert "4 fired in every step" in reason


def test_the_wiring_counts_every_part():
    result = run(torch.from_numpy(X), order=3, weight=2.0)
    graph = result.to_graph()
    assert graph.synapses == result.certificate.synapses
    sizes = {part.name: part.neurons for part in result.wiring.populations}
    assert sizes["streams"] == 4 * 6
    assert {part.population: part.neurons for part in result.spikes}.items() <= sizes.items()
    first = np.cumsum([0, *sizes.values()])
    starts = dict(zip(sizes, first, strict=False))
    # The coincidence of query 1 and key 0 in feature 1 hears exactly these two.
    pair = starts["pairs"] + (1 * 2 + 0) * 2 + 1
    heard = graph.source[graph.target == pair].tolist()
    assert heard == [starts["query"] + 1 * 2 + 1, starts["key"] + 0 * 2 + 1]


def test_large_runs_are_measured_on_request():
    result = run(measure_error=False)
    assert (result.target, result.row_entropy_bits, result.certificate.error) == (None,) * 3
    assert result.certificate.reason.endswith("; the error was not asked for")


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"x": X + 1}, r"published_attention: `x` must be in \[0, 1\]"),
        ({"x": X[0]}, "published_attention: `x` must have 2 axes"),
        ({"w_q": 1e200 * np.eye(2)}, r"published_attention: `w_q` must stay below 1e\+60"),
        ({"w_q": np.eye(3)}, "published_attention: `w_q` must have one row for each of the 2"),
        ({"w_k": np.ones((2, 3))}, r"`w_k` must have the shape of `w_q`, \(2, 2\); got \(2, 3\)"),
        ({"w_v": np.full((2, 2), np.nan)}, "published_attention: `w_v` must be finite"),
        ({"generator": None}, "published_attention: `generator` must be a numpy"),
        ({"steps": 0}, "published_attention: `steps` must be an integer >= 1"),
        ({"weight": -1.0}, "published_attention: `weight` must be at least 0"),
        ({"order": 0}, "published_attention: `order` must be"),
        ({"leak": 2.0}, r"`leak` must be in \[0, 1\]"),
    ],
)
def test_bad_input_is_named(settings, message):
    with pytest.raises(InputError, match=message):
        run(**settings)
