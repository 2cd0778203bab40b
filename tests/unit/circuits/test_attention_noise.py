import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import AttentionNoise
from spikedim.circuits.attention._attention_noise import uniforms_at


@pytest.fixture
def noise():
    return AttentionNoise.draw(tokens=4, features=3, heads=2, generator=np.random.default_rng(0))


def test_the_mixing_function_is_the_published_one():
    # First outputs of SplitMix64 from state 1234567, as in its reference implementation.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    keys = np.array([1234567], dtype=np.uint64)
    got = [uniforms_at(keys, step)[0] for step in range(3)]
    assert got == [(word >> 11) / 2**53 for word in published]


def test_numbers_are_uniform_and_independent(noise):
    drawn = np.stack([uniforms_at(noise.rows, step).ravel() for step in range(4000)])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    edges = np.sqrt(4000 / 12)
    assert abs(drawn.mean(axis=0) - 0.5).max() * 4000 < 5 * edges
    correlations = np.corrcoef(np.vstack([drawn[:-1].T, drawn[1:].T]))
    assert abs(correlations - np.eye(len(correlations))).max() < 5 / np.sqrt(4000)


def test_permuting_moves_whole_streams(noise):
    order = [2, 0, 3, 1]
    moved = noise.permuted(order)
    for name in ("query", "key", "value"):
        np.testing.assert_array_equal(getattr(moved, name), getattr(noise, name)[order])
    np.testing.assert_array_equal(moved.rows, noise.rows[:, order][:, :, order])
    back = moved.permuted(np.argsort(order))
    np.testing.assert_array_equal(back.rows, noise.rows)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("order", [[0, 1, 2], [0, 1, 2, 2], [1, 2, 3, 4]])
def test_what_is_no_permutation_is_refused(order, noise):
    with pytest.raises(InputError, match="`order` must be a permutation of 0 to 3; got "):
        noise.permuted(order)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", ["tokens", "features", "heads", "generator"])
def test_what_cannot_be_drawn_is_refused(bad):
    arguments = {"tokens": 2, "features": 2, "heads": 1, "generator": np.random.default_rng(0)}
    with pytest.raises(InputError, match=f"^AttentionNoise.draw: `{bad}` must be"):
        AttentionNoise.draw(**(arguments | {bad: None if bad == "generator" else 0}))


@pytest.mark.usefixtures("untyped")
def test_keys_are_words_of_64_bits(noise):
    with pytest.raises(InputError, match="`value` must be an array of uint64; got float64"):
        AttentionNoise(noise.query, noise.key, noise.value.astype(float), noise.rows)
