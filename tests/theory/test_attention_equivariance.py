"""Permuting tokens together with their noise permutes the output: design, test 17."""

import numpy as np
import pytest

from spikedim.circuits import AttentionNoise, MultiHeadSpikingAttention

TOKENS, FEATURES, STEPS = 6, 5, 64


@pytest.fixture(params=["run", "run_online"])
def form(request):
    return request.param


def both_orders(mode, code, form, seed):
    """Return the output of permuted tokens, and the permuted output."""
    rng = np.random.default_rng(seed)
    w_q, w_k, w_v = rng.normal(size=(3, FEATURES, 6))
    layer = MultiHeadSpikingAttention.compile(w_q, w_k, w_v, heads=2, mode=mode, encoder=code)
    x, order = rng.random((TOKENS, FEATURES)), rng.permutation(TOKENS)
    noise = AttentionNoise.draw(tokens=TOKENS, features=FEATURES, heads=2, generator=rng)
    run = getattr(layer, form)
    straight = run(x, steps=STEPS, noise=noise)
    permuted = run(x[order], steps=STEPS, noise=noise.permuted(order))
    unmoved = run(x[order], steps=STEPS, noise=noise)
    return straight, permuted, unmoved, order


@pytest.mark.parametrize("mode", ["race", "gli_random_phase", "gli_escape"])
@pytest.mark.parametrize("code", ["bernoulli", "random_phase", "sigma_delta"])
def test_random_circuits_are_equivariant_to_rounding(mode, code, form):
    for seed in range(4):
        straight, permuted, unmoved, order = both_orders(mode, code, form, seed)
        assert abs(permuted.value - straight.value[order]).max() <= 1e-12
        np.testing.assert_array_equal(permuted.row_spikes, straight.row_spikes[:, order])
        # The same noise at other tokens is another run.
        assert abs(unmoved.value - straight.value[order]).max() > 1e-3


@pytest.mark.parametrize("mode", ["gli", "cup"])
def test_deterministic_circuits_may_flip_a_tie(mode, form):
    for seed in range(4):
        straight, permuted, _, order = both_orders(mode, "bernoulli", form, seed)
        largest = abs(straight.value).max()
        assert abs(permuted.value - straight.value[order]).max() <= 2 / STEPS * largest


def test_noise_of_its_own_has_the_distribution_of_a_generator():
    rng = np.random.default_rng(0)
    w_q, w_k, w_v = rng.normal(size=(3, FEATURES, 6))
    layer = MultiHeadSpikingAttention.compile(w_q, w_k, w_v, heads=2, mode="race")
    x = rng.random((TOKENS, FEATURES))
    exact = layer.exact(x)
    errors = []
    for _ in range(60):
        noise = AttentionNoise.draw(tokens=TOKENS, features=FEATURES, heads=2, generator=rng)
        errors.append(np.sum((layer.run(x, steps=128, noise=noise).value - exact) ** 2))
    law = layer.error_constant(x).frobenius(steps=128)
    assert np.sqrt(np.mean(errors)) == pytest.approx(law, rel=0.12)
