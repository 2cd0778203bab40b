import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import sparsemax
from spikedim.circuits.competition._sparsemax import sparsemax_rows


def bisected_sparsemax(z):
    """Find tau by halving an interval instead of by sorting."""
    low, high = z.max() - 1, z.max()
    for _ in range(100):
        tau = (low + high) / 2
        low, high = (tau, high) if np.maximum(z - tau, 0).sum() > 1 else (low, tau)
    return np.maximum(z - tau, 0)


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_exact_rows_agree_with_bisection(scale):
    logits = np.random.default_rng(0).normal(scale=scale, size=(20, 9))
    logits[:, 3] = -np.inf
    got = sparsemax_rows(logits)
    np.testing.assert_allclose(got, [bisected_sparsemax(row) for row in logits], atol=1e-12)
    assert (got[:, 3] == 0).all()


def test_ties_and_single_entries():
    assert sparsemax_rows(np.zeros((1, 4))).tolist() == [[0.25] * 4]
    assert sparsemax_rows(np.array([[7.0]])).tolist() == [[1.0]]


@pytest.mark.parametrize("z", [[-0.75, 0.0, -0.25, -1.5], [0.0, -0.9375, -0.96875]])
def test_matches_the_plain_loop_at_every_step(z):
    z = np.array(z)
    membrane, inhibition, counts = np.full(len(z), 0.5), z.max() - 1, np.zeros(len(z))
    for step in range(1, 61):
        membrane = membrane + np.maximum(z - inhibition, 0)
        spikes = membrane >= 1
        membrane = membrane - spikes
        counts += spikes
        inhibition += 0.125 * (spikes.sum() - 1)
        assert inhibition >= z.max() - 1
        result = sparsemax(z, steps=step, gain=0.125)
        np.testing.assert_allclose(result.value, counts / counts.sum(), atol=1e-12)


def test_a_logit_exactly_one_below_the_largest_is_never_driven():
    certificates = [sparsemax(z, steps=100).certificate for z in ([0.0, -1.0], [0.0])]
    assert certificates[0].bound == certificates[1].bound


def test_neither_an_offset_nor_a_large_spread_matters():
    z = np.array([0.5, 0.0, -0.25])
    plain = sparsemax(z, steps=100)
    far = sparsemax(np.array([*(z + 1024), -1e6, -np.inf]), steps=100)
    assert far.value.tolist() == [*plain.value.tolist(), 0.0, 0.0]
    assert far.certificate.bound == plain.certificate.bound


def test_a_row_with_one_leader_spends_one_spike_per_step():
    result = sparsemax([[0.0, 5.0]], steps=40)
    assert result.value.tolist() == [[0.0, 1.0]]
    assert result.row_spikes.tolist() == [40]
    assert result.certificate.error == 0


def test_too_strong_a_gain_has_no_bound_and_says_so():
    certificate = sparsemax(np.zeros(4), steps=10, gain=0.3).certificate
    assert certificate.bound is None
    assert certificate.holds is None
    assert certificate.theorem.assumptions[0].holds is False
    assert certificate.reason == "`gain` 0.3 x 4 near logits is above 1, where nothing is proved"


def test_the_bound_is_written_out():
    result = sparsemax([0.0, 0.0, -3.0], steps=1000, gain=0.1)
    spikes = int(result.row_spikes)
    want = (1.5 + 10) / 1000 + 0.2 + abs(1 - spikes / 1000)
    assert result.certificate.bound == pytest.approx(want)


def test_the_graph_has_one_integrator():
    graph = sparsemax(np.zeros((2, 3)), steps=1).to_graph()
    assert (graph.neurons, graph.synapses) == (8, 15)
    assert graph.weight[graph.delay_steps == 1].tolist() == [0.02] * 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gain": 0.0}, r"sparsemax: `gain` must be in \[9.09495e-13, 1\]; got 0.0"),
        ({"steps": 0}, "sparsemax: `steps` must be an integer >= 1"),
        ({"logits": [np.nan]}, "sparsemax: `logits` must be finite"),
    ],
)
def test_bad_input_is_named(settings, message):
    settings = {"logits": [0.0, 1.0], "steps": 3} | settings
    with pytest.raises(InputError, match=message):
        sparsemax(settings.pop("logits"), **settings)
