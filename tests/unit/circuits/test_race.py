import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.circuits import race
from spikedim.circuits.competition import _race


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_every_row_spends_one_spike_per_step_and_one_reset(rng):
    result = race(rng.normal(size=(2, 3, 5)), steps=7, generator=rng)
    assert result.value.shape == result.target.shape == (2, 3, 5)
    assert result.row_spikes.tolist() == [[7] * 3] * 2
    assert [(part.population, part.spikes) for part in result.spikes] == [
        ("competitors", 42),
        ("reset", 42),
    ]
    assert not result.silent.any()
    assert result.steps == 7


def test_the_same_seed_gives_the_same_result_and_leaves_the_logits_alone(rng):
    logits = rng.normal(size=(3, 4))
    before = logits.copy()
    first, second = (
        race(torch.from_numpy(logits), steps=50, generator=np.random.default_rng(1))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.value, second.value)
    np.testing.assert_array_equal(logits, before)


def test_played_out_it_is_the_first_hit(rng, monkeypatch):
    logits, uniforms = rng.normal(size=(3, 4)), rng.random((50, 3, 4))
    logits[0, 1] = -np.inf
    hits = -np.log1p(-uniforms) * np.exp(-logits)
    want = np.stack([(hits.argmin(axis=2) == i).sum(axis=0) for i in range(4)], axis=1) / 50
    np.testing.assert_array_equal(race(logits, steps=50, noise=uniforms).value, want)
    monkeypatch.setattr(_race, "_CHUNK", 40)  # three steps at a time, two left over
    np.testing.assert_array_equal(race(logits, steps=50, noise=uniforms).value, want)


def test_a_threshold_of_zero_wins_at_once_unless_masked():
    result = race([5.0, 0.0, -np.inf], steps=1, noise=np.array([[[0.5, 0.0, 0.0]]]))
    assert result.value.tolist() == [0.0, 1.0, 0.0]


def test_extreme_logits_do_not_overflow(rng):
    uniforms = rng.random((20, 1, 2))
    assert race([-1e4, 1e4], steps=20, noise=uniforms).value.tolist() == [0.0, 1.0]


def test_rounding_never_gives_a_spike_to_a_mask(rng):
    # A plain multinomial draw gives a mask in the last column a spike in 1 of 20,000 such rows.
    logits = np.concatenate([rng.normal(size=(100_000, 6)), np.full((100_000, 1), -np.inf)], axis=1)
    result = race(logits, steps=1 << 40, generator=rng, measure_error=False)
    assert result.value[:, -1].max() == 0
    assert (result.row_spikes == 1 << 40).all()


def test_one_competitor_always_wins(rng):
    certificate = race([[3.0], [-3.0]], steps=4, generator=rng).certificate
    assert (certificate.error, certificate.rms_law, certificate.holds) == (0.0, 0.0, True)


def test_the_certificate_states_mean_spread_and_confidence(rng):
    result = race(np.zeros((10, 4)), steps=10_000, generator=rng)
    got = result.certificate
    assert got.bound == pytest.approx(np.sqrt(0.75 / 1e4) + np.sqrt(np.log(1e7) / 1e4))
    assert got.rms_law == pytest.approx(np.sqrt(0.75 / 1e4))
    assert got.theorem.failure_probability == 1e-6
    assert got.theorem.assumptions[0].holds is True
    assert got.holds is True


def test_a_bound_above_the_diameter_of_the_simplex_is_the_diameter(rng):
    assert race([0.0, 0.0], steps=1, generator=rng).certificate.bound == np.sqrt(2)


def test_independence_of_given_noise_is_the_users_word(rng):
    result = race([0.0, 0.0], steps=3, noise=rng.random((3, 1, 2)))
    assert result.certificate.theorem.assumptions[0].holds is None


def test_unmeasured_errors_are_absent(rng):
    result = race([[0.0, 1.0]], steps=3, generator=rng, measure_error=False)
    assert (result.target, result.certificate.error) == (None, None)
    assert result.certificate.bound == np.sqrt(2)


def test_the_graph_has_a_reset_onto_every_competitor(rng):
    result = race(np.zeros((3, 4)), steps=1, generator=rng)
    graph = result.to_graph()
    assert (graph.neurons, graph.synapses) == (9, 12)
    assert (result.wiring.neurons, result.certificate.synapses) == (27, 36)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("logits", "settings", "message"),
    [
        ([0.0], {}, "race: `generator` must be a numpy.random.Generator; got NoneType"),
        ([0.0], {"steps": 0}, "race: `steps` must be an integer >= 1; got 0"),
        ([np.nan], {}, "race: `logits` must be finite"),
        ([[0.0], [-np.inf]], {}, "race: `logits` must have a finite entry in every row"),
        ([0.0], {"noise": np.zeros((3, 1))}, r"race: `noise` must have shape \(2, 1, 1\)"),
        ([0.0], {"noise": np.ones((2, 1, 1))}, r"race: `noise` must be in \[0, 1\)"),
    ],
)
def test_bad_input_is_named(logits, settings, message):
    with pytest.raises(InputError, match=message):
        race(logits, **({"steps": 2} | settings))
