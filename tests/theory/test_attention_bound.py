"""The bound of a run of spiking attention: never passed, and as loose as the docs say."""

import itertools

import numpy as np
import pytest

from spikedim.bounds import Epsilon
from spikedim.circuits import RateCode, SoftmaxMode, SpikingAttention
from spikedim.circuits.attention._attention_bound import output_bound, score_errors
from spikedim.circuits.attention._attention_constant import score_effects
from spikedim.circuits.attention._attention_run import run_staged


def layer_of(seed, mode, code, *, spread=1.5, shape=(16, 32, 16)):
    rng = np.random.default_rng(seed)
    n, d, width = shape
    weights = [spread * rng.normal(size=(d, width)) / np.sqrt(d) for _ in range(3)]
    return SpikingAttention.compile(*weights, mode=mode, encoder=code), rng.random((n, d)), rng


@pytest.mark.parametrize(("mode", "code"), [*itertools.product(SoftmaxMode, RateCode)])
def test_no_run_passes_its_bound(mode, code):
    for seed, spread in enumerate((0.2, 1.5, 8.0)):
        layer, x, rng = layer_of(seed, mode, code, spread=spread, shape=(8, 8, 4))
        for steps in (1, 2, 7, 64, 512):
            certificate = layer.run(x, steps=steps, generator=rng).certificate
            assert certificate.holds, str(certificate)
            assert certificate.error <= certificate.bound


@pytest.mark.parametrize("mode", list(SoftmaxMode))
def test_the_bound_of_random_codes_is_10_to_30_times_the_law(mode):
    layer, x, rng = layer_of(0, mode, "bernoulli")
    certificate = layer.run(x, steps=4096, generator=rng).certificate
    assert 10 < certificate.bound / certificate.rms_law < 30


@pytest.mark.parametrize("mode", ["gli", "cup"])
def test_the_bound_of_deterministic_circuits_is_some_20_times_the_error(mode):
    layer, x, _ = layer_of(0, mode, "sigma_delta")
    certificate = layer.run(x, steps=4096).certificate
    assert 5 < certificate.bound / certificate.error < 40
    assert certificate.theorem.failure_probability == 0


@pytest.mark.parametrize("code", list(RateCode))
def test_every_part_bounds_its_stage(code):
    """Split the error of a run into value, score and circuit stage, each below its part."""
    for mode in SoftmaxMode:
        layer, x, rng = layer_of(1, mode, code, shape=(6, 7, 3))
        heads, steps = layer.heads, 256
        exact = heads.exact(x, None)
        run = run_staged(
            heads, x, None, code=code, mode=mode, steps=steps, generator=rng, noise=None
        )
        parts = output_bound(
            heads, x, exact, score_effects(heads, exact), run, code=code, mode=mode, steps=steps
        )
        softmax = np.exp(run.scores) / np.exp(run.scores).sum(axis=2, keepdims=True)
        by_score = np.linalg.norm(((softmax - exact.rows) @ exact.value)[0])
        by_circuit = np.linalg.norm(((run.rows - softmax) @ exact.value)[0])
        by_value = np.linalg.norm(run.output - heads.mix(run.rows, exact.value))
        assert 0 < by_score <= parts.score
        assert 0 < by_circuit <= parts.circuit
        assert 0 < by_value <= parts.value
        errors = score_errors(heads, x, exact, code, steps)
        assert (abs(run.scores - exact.scores) <= errors.linear + errors.product).all()


def test_softmax_rows_move_by_at_most_twice_the_hyperbolic_tangent():
    """The step from scores to rows: equality for two tokens, and never more."""
    rng = np.random.default_rng(0)

    def rows(z):
        return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

    for n in (2, 3, 20):
        z, delta = rng.normal(size=(2, 2000, n)) * 2
        moved = abs(rows(z + delta) - rows(z)).sum(axis=1)
        assert (moved <= 2 * np.tanh(abs(delta).max(axis=1) / 2) + 1e-12).all()
    half = np.array([0.3, -0.3])
    moved = abs(rows(half) - rows(-half)).sum()
    assert moved == pytest.approx(2 * np.tanh(0.6 / 2))


def test_a_row_that_rounds_to_0_may_be_revived_by_a_code():
    """Code errors of huge scores open an entry whose exact share is below the smallest number."""
    weight, a = 2e8, 0.45
    x = np.array([[a - 900 / weight, a, 0.0], [a - 900 / weight, a, 1.0]])
    w_q, w_k, w_v = [[weight], [-weight], [0]], [[0], [0], [1]], [[0], [0], [1]]
    for mode in ("cup", "gli"):
        layer = SpikingAttention.compile(w_q, w_k, w_v, mode=mode, encoder="sigma_delta")
        assert layer.attention(x).min() == 0
        certificate = layer.run(x, steps=100_000).certificate
        assert certificate.error > 0.5
        assert certificate.holds, str(certificate)
    certain = SpikingAttention.compile(w_q, w_k, w_v, mode="cup", encoder="sigma_delta")
    steps = certain.certain_steps_for(x, epsilon=Epsilon.parse("0.5:fro")).value
    assert steps > 1e8  # score errors of order 1: a short run may open the entry


@pytest.mark.parametrize("mode", ["race", "gli", "cup"])
def test_no_bound_is_vacuous_by_orders_of_magnitude(mode):
    layer, x, rng = layer_of(0, mode, "bernoulli", shape=(6, 6, 4))
    certificate = layer.run(x, steps=64, generator=rng).certificate
    assert certificate.error > 1e-3 * certificate.bound
