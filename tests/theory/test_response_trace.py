"""The response law on networks where it can be worked out, and where it must fail."""

import math

import numpy as np
import pytest
import torch
from tests.trace_examples import Answer, Layered, Linear, Twice, generator, matrix, uniform
from torch import nn

from spikedim.circuits import RateCode
from spikedim.response import coherent_error, response_trace
from spikedim.response.codes import noise_variance, rounding_error


def spikes(rates, steps, draws, *, seed=1):
    """Means of Bernoulli spikes [draws, S, D] of rates [S, D]."""
    counts = torch.binomial(
        torch.full((draws, *rates.shape), float(steps), dtype=rates.dtype),
        rates.expand(draws, *rates.shape).contiguous(),
        generator=generator(seed),
    )
    return counts / steps


def measured(function, rates, steps, draws):
    """T times the mean squared error, and its standard error."""
    moved = function(spikes(rates, steps, draws).flatten(0, 1)).reshape(draws, -1)
    exact = function(rates).reshape(-1)
    errors = steps * (moved - exact).square().reshape(draws, len(rates), -1).sum(dim=2)
    by_draw = errors.mean(dim=1)
    return float(by_draw.mean()), float(by_draw.std() / math.sqrt(draws))


def test_of_a_linear_map_the_law_is_exact_at_any_time():
    w, x = matrix(4, 6), uniform(5, 6)
    found = response_trace(Linear(w), x)
    expected = torch.einsum("cd,sd,cd->s", w, x * (1 - x), w)
    np.testing.assert_allclose(found.sample_traces, expected.numpy(), rtol=1e-12)
    for steps in (1, 3, 20):
        error, deviation = measured(lambda y: y @ w.T, x, steps, 4000)
        assert error == pytest.approx(found.value, abs=4 * deviation)
        assert deviation < 0.03 * found.value


def test_dimension_gain_and_noise_make_the_trace():
    x = uniform(1, 6)
    found = response_trace(Linear(matrix(4, 6)), x)
    noise = float((x * (1 - x)).mean())
    assert found.value == pytest.approx(noise * found.lipschitz**2 * found.response_dimension)
    assert found.lipschitz == pytest.approx(float(torch.linalg.matrix_norm(matrix(4, 6), 2)))


def test_the_dimension_of_an_isometry_counts_its_neurons():
    orthogonal = torch.linalg.qr(matrix(6, 6))[0]
    found = response_trace(Linear(orthogonal), torch.full((3, 6), 0.3, dtype=torch.float64))
    assert found.response_dimension == pytest.approx(6)
    assert found.stable_rank == pytest.approx(6)


class TestSubspace:
    """X = m + U c: the data's dimension k counts behind a projector, and n d without it."""

    NEURONS, OUTPUTS, SAMPLES = 96, 8, 12

    def network(self, k, *, projected):
        u = torch.linalg.qr(matrix(self.NEURONS, k, seed=k))[0]
        w = torch.linalg.qr(matrix(self.NEURONS, self.NEURONS))[0]  # unit gain in all directions
        x = 0.5 + 0.3 * (uniform(self.SAMPLES, k, seed=2) - 0.5) @ u.T
        projector = u @ u.T if projected else torch.eye(self.NEURONS, dtype=torch.float64)
        return w @ projector, x

    @pytest.mark.parametrize("k", [2, 8, 32])
    def test_with_a_projector_the_dimension_of_the_data_predicts(self, k):
        w, x = self.network(k, projected=True)
        found = response_trace(Linear(w), x)
        noise = float((x * (1 - x)).mean())
        assert found.value == pytest.approx(noise * 1**2 * k, rel=0.05)
        error, deviation = measured(lambda y: y @ w.T, x, 4, 200)
        assert error == pytest.approx(found.value, abs=4 * deviation)

    @pytest.mark.parametrize("k", [2, 8, 32])
    def test_without_one_it_fails_and_the_neurons_predict(self, k):
        w, x = self.network(k, projected=False)
        found = response_trace(Linear(w), x)
        noise = float((x * (1 - x)).mean())
        assert found.value == pytest.approx(noise * self.NEURONS, rel=0.01)
        assert found.value > 2.5 * noise * k


def test_a_kink_at_the_data_halves_what_a_slope_predicts():
    # At the kink half of the noise passes: neither slope, 0 or 1, is right at any T.
    x = torch.full((50, 1), 0.5, dtype=torch.float64)
    at_the_kink = response_trace(Answer(lambda y: (y - 0.5).relu()), x)
    beside = response_trace(Answer(lambda y: (y - 0.4999).relu()), x)
    error, deviation = measured(lambda y: (y - 0.5).relu(), x, 4096, 400)
    assert (at_the_kink.value, beside.value) == (0, 0.25)
    assert error == pytest.approx(0.125, abs=4 * deviation)
    assert deviation < 0.01


def test_the_law_holds_for_two_populations_as_time_grows():
    model, x = Layered(), matrix(4, 4, seed=9) / 2
    found = response_trace(model, x, populations=["first", "second"])
    steps, draws = 2000, 800
    with torch.no_grad():
        exact = model(x)
        source = generator(3)
        handles = [
            model.get_submodule(name).register_forward_hook(
                lambda _m, _given, rates: (
                    torch.binomial(torch.full_like(rates, steps), rates, generator=source) / steps
                )
            )
            for name in ("first", "second")
        ]
        moved = model(x.repeat(draws, 1)).reshape(draws, *exact.shape)
        for handle in handles:
            handle.remove()
    errors = steps * (moved - exact).square().sum(dim=2)
    deviation = errors.mean(dim=1).std() / math.sqrt(draws)
    assert float(errors.mean()) == pytest.approx(found.value, abs=4 * float(deviation))
    outer = (moved - exact)[..., :, None] * (moved - exact)[..., None, :] * steps
    np.testing.assert_allclose(outer.mean(0), found.covariances, atol=0.2 * found.value)


def test_deterministic_codes_leave_the_noise_of_a_rounding():
    rates = uniform(20000, 1)
    rates[:1000] = 1
    for code, expected in ((RateCode.SIGMA_DELTA, 1 / 12), (RateCode.RANDOM_PHASE, 1 / 6)):
        noise = noise_variance(rates, code)
        assert (float(noise[0]), float(noise[-1])) == pytest.approx((0, expected))
    errors = 32 * rounding_error(rates, steps=32)
    assert float(errors[1000:].square().mean()) == pytest.approx(1 / 12, rel=0.02)
    assert float(errors[:1000].abs().max()) == 0
    assert float(errors.abs().max()) <= 0.5
    found = response_trace(Linear(matrix(3, 1)), rates, code="sigma_delta", batch_size=20000)
    assert found.exponent == 2
    squares = (32 * rounding_error(rates, steps=32)) ** 2 * matrix(3, 1).square().sum()
    assert float(squares.mean()) == pytest.approx(found.value, rel=0.03)


def sigma_delta_error(model, x, marks, steps):
    """Squared error of every sample when sigma-delta runs."""
    with torch.no_grad():
        exact = model(x)
        handles = [
            model.get_submodule(mark).register_forward_hook(
                lambda _m, _given, rates: torch.floor(rates * steps + 0.5) / steps
            )
            for mark in marks
        ]
        moved = model(x)
        for handle in handles:
            handle.remove()
    return (moved - exact).square().flatten(1).sum(dim=1)


@pytest.mark.parametrize("steps", [16, 33, 64])
def test_coherent_errors_predict_sigma_delta(steps):
    # The second population rounds other rates than the exact ones: only the first is coherent to
    # first order, so the last one is exact here.
    model, x = Layered(), matrix(64, 4, seed=9)
    found = coherent_error(model, x, populations=["first"], steps=[steps])
    simulated = sigma_delta_error(model, x, ["first"], steps)
    assert found.squared_errors[0] == pytest.approx(float(simulated.mean()), rel=0.1)
    ratios = found.sample_errors[0] / simulated.numpy()
    assert np.quantile(abs(ratios - 1), 0.5) < 0.1


def test_coherent_errors_know_what_the_mean_over_rates_does_not():
    x = torch.full((4, 8), 0.26, dtype=torch.float64)  # every rate is rounded alike
    model = Linear(torch.ones(1, 8, dtype=torch.float64))
    exact = float(sigma_delta_error(Answer(model), x, ["rates"], 16).mean())
    coherent = coherent_error(model, x, steps=[16]).squared_errors[0]
    incoherent = response_trace(model, x, code="sigma_delta").value / 16**2
    assert coherent == pytest.approx(exact)
    assert not 0.5 < incoherent / exact < 2


def test_both_runs_of_a_submodule_add_their_errors():
    x = matrix(5, 4, seed=9)
    found = coherent_error(Twice(), x, populations=["rates"], steps=[1000])
    w = matrix(4, 4, seed=3)
    first = torch.sigmoid(x @ w)
    second = torch.sigmoid(first @ w)
    slope = second * (1 - second)
    moved = rounding_error(first, steps=1000) @ w * slope + rounding_error(second, steps=1000)
    np.testing.assert_allclose(found.sample_errors[0], moved.square().sum(1).numpy(), rtol=1e-8)


def test_probes_are_unbiased_and_their_interval_holds():
    # The mean over many generators is K, and the interval covers the K of all samples.
    w = matrix(12, 10)
    everything = response_trace(Linear(w), uniform(4000, 10, seed=5)).value
    found = [
        response_trace(
            Linear(w), uniform(24, 10, seed=100 + seed), probes=2, generator=generator(seed)
        )
        for seed in range(30)
    ]
    values = np.array([each.value for each in found])
    assert values.mean() == pytest.approx(everything, abs=4 * values.std() / math.sqrt(30))
    covered = np.mean([each.low <= everything <= each.high for each in found])
    assert covered >= 0.8
    deviations = np.array([each.populations[0].trace_deviation for each in found])
    assert deviations.mean() == pytest.approx(values.std(ddof=1), rel=0.5)


def test_a_small_module_of_torch_needs_no_marks():
    layer = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    found = response_trace(layer, uniform(4, 3, dtype=torch.float32))
    assert [each.name for each in found.populations] == ["input"]
    assert found.populations[0].shape == (3,)
