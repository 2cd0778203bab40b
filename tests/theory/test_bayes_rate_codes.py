"""Theorem 6.2 and the laws of the encoders, simulated."""

import math

import numpy as np
import pytest

from spikedim.bounds import (
    bernoulli_spikes,
    bernoulli_steps,
    binary_code_spikes,
    binary_code_steps,
    latency_spikes,
    latency_steps,
    random_phase_spikes,
    random_phase_steps,
    rate_code_minimax_steps,
    rate_code_spikes,
    rate_code_steps,
    rate_code_sufficient_spikes,
    rate_code_sufficient_steps,
    sigma_delta_spikes,
    sigma_delta_steps,
)

ONE = {"tokens": 1, "features": 1, "lipschitz": 1.0}
DRAWS = 400_000


@pytest.mark.parametrize("steps", [4, 16, 64])
def test_bayes_risk_is_one_over_6_t_plus_2(steps):
    generator = np.random.default_rng(7)
    rates = generator.random(DRAWS)
    squared = ((generator.binomial(steps, rates) + 1) / (steps + 2) - rates) ** 2
    measured, standard_error = squared.mean(), squared.std() / math.sqrt(DRAWS)
    expected = 1 / (6 * (steps + 2))
    assert abs(measured - expected) < 4 * standard_error
    assert measured == pytest.approx(expected, rel=0.02)
    # The bound at that error asks for these very steps.
    assert rate_code_steps(**ONE, epsilon_rms=math.sqrt(expected)).value == steps


@pytest.mark.parametrize("steps", [4, 16, 64])
def test_no_decoder_of_the_count_does_better_than_the_bound(steps):
    # The best decoder of a count is its conditional mean, here over a grid of rates and so
    # without the Beta formula: its error must sit at the bound, the plain mean's above it.
    rates = (np.arange(4000) + 0.5) / 4000
    count = np.arange(steps + 1)[:, None]
    log_choose = np.array(
        [
            math.lgamma(steps + 1) - math.lgamma(k + 1) - math.lgamma(steps - k + 1)
            for k in count[:, 0]
        ]
    )[:, None]
    likelihood = np.exp(log_choose + count * np.log(rates) + (steps - count) * np.log1p(-rates))
    mean = (likelihood * rates).sum(axis=1) / likelihood.sum(axis=1)
    best = (likelihood * (mean[:, None] - rates) ** 2).sum() / rates.size
    assert rate_code_steps(**ONE, epsilon_rms=math.sqrt(best)).value in {steps, steps + 1}
    plain = (likelihood * (count / steps - rates) ** 2).sum() / rates.size
    assert plain > best
    assert bernoulli_steps(
        **ONE, epsilon_rms=math.sqrt(plain), rate_variance=1 / 6
    ).value == pytest.approx(steps, abs=1)


@pytest.mark.parametrize("steps", [4, 25, 100])
def test_minimax_decoder_has_the_same_risk_everywhere(steps):
    risk = 1 / (4 * (1 + math.sqrt(steps)) ** 2)
    count = np.arange(steps + 1)
    guess = (count + math.sqrt(steps) / 2) / (steps + math.sqrt(steps))
    for rate in (0.01, 0.3, 0.5, 0.9):
        probability = np.array(
            [math.comb(steps, k) * rate**k * (1 - rate) ** (steps - k) for k in range(steps + 1)]
        )
        assert (probability * (guess - rate) ** 2).sum() == pytest.approx(risk, rel=1e-9)
    assert rate_code_minimax_steps(**ONE, epsilon_rms=math.sqrt(risk)).value == steps


def test_worst_case_steps_are_enough_at_the_worst_input_and_not_far_too_many():
    epsilon = 0.05
    enough = int(rate_code_sufficient_steps(**_shape(epsilon_fro=epsilon)).value)
    fewest = rate_code_minimax_steps(**ONE, epsilon_rms=epsilon).value
    assert (enough, fewest) == (100, 81)
    generator = np.random.default_rng(3)
    counts = generator.binomial(enough, 0.5, DRAWS)
    spikes = rate_code_sufficient_spikes(**_shape(epsilon_fro=epsilon, rate=0.5)).value
    assert abs(counts.mean() - spikes) < 4 * counts.std() / math.sqrt(DRAWS)
    squared = (counts / enough - 0.5) ** 2
    standard_error = squared.std() / math.sqrt(DRAWS)
    assert abs(squared.mean() - epsilon**2) < 4 * standard_error


def _shape(**more):
    return ONE | more


def _bernoulli(rates, steps, generator):
    return generator.binomial(steps, rates) / steps


def _sigma_delta(phase):
    return lambda rates, steps, _: np.floor(rates * steps + phase) / steps


def _random_phase(rates, steps, generator):
    return np.floor(rates * steps + generator.random(rates.shape)) / steps


def _latency(rates, steps, _):
    return (np.floor(rates * steps) + 0.5) / steps


def _binary(rates, steps, _):
    digits = np.zeros_like(rates)
    rest = rates.copy()
    for k in range(1, steps + 1):  # one digit a step, as the code sends them
        rest = 2 * rest
        bit = np.floor(rest)
        rest -= bit
        digits += bit * 2.0**-k
    return digits + 2.0 ** -(steps + 1)


CODES = {
    "bernoulli": (_bernoulli, 0.408, 0.5),
    "sigma-delta from 0": (_sigma_delta(0.0), 0.577, 1.0),
    "sigma-delta from 1/2": (_sigma_delta(0.5), 0.289, 1.0),
    "random phase": (_random_phase, 0.408, 1.0),
    "latency": (_latency, 0.289, 1.0),
}


@pytest.mark.parametrize("code", CODES)
def test_encoder_errors_have_the_slopes_and_constants_of_the_design(code):
    encode, constant, power = CODES[code]
    generator = np.random.default_rng(1)
    rates = generator.random(100_000)
    steps = 2 ** np.arange(2, 15)
    rms = [np.sqrt(np.mean((encode(rates, int(t), generator) - rates) ** 2)) for t in steps]
    slope = np.polyfit(np.log(steps), np.log(rms), 1)[0]
    assert slope == pytest.approx(-power, abs=0.03)
    assert rms[-1] * steps[-1] ** power == pytest.approx(constant, rel=0.02)


LAWS = {
    "bernoulli": (_bernoulli, lambda e: bernoulli_steps(**ONE, epsilon_rms=e, rate_variance=1 / 6)),
    "sigma-delta from 0": (
        _sigma_delta(0.0),
        lambda e: sigma_delta_steps(**ONE, epsilon_rms=e, phase=0.0),
    ),
    "sigma-delta from 1/4": (
        _sigma_delta(0.25),
        lambda e: sigma_delta_steps(**ONE, epsilon_rms=e, phase=0.25),
    ),
    "sigma-delta from 1/2": (_sigma_delta(0.5), lambda e: sigma_delta_steps(**ONE, epsilon_rms=e)),
    "random phase": (_random_phase, lambda e: random_phase_steps(**ONE, epsilon_rms=e)),
    "latency": (_latency, lambda e: latency_steps(**ONE, epsilon_rms=e)),
    "binary": (_binary, lambda e: binary_code_steps(**ONE, epsilon_rms=e)),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("epsilon", [0.1, 0.03, 0.011])
def test_the_steps_of_each_law_are_the_fewest_that_reach_the_error(law, epsilon):
    encode, bound = LAWS[law]
    steps = int(bound(epsilon).value)
    generator = np.random.default_rng(2)
    rates = generator.random(DRAWS)

    def rms(t):
        return np.sqrt(np.mean((encode(rates, t, generator) - rates) ** 2))

    # 400,000 draws: the standard error of an RMS is below 0.15 % of it.
    assert rms(steps) <= epsilon * 1.006
    assert rms(steps - max(1, steps // 50)) > epsilon


@pytest.mark.parametrize(
    ("delta", "bernoulli", "sigma_delta"), [(0.1, 8, 1.4), (0.03, 93, 4.8), (0.01, 833, 14)]
)
def test_spikes_per_entry_of_the_code_table(delta, bernoulli, sigma_delta):
    target = ONE | {"epsilon_rms": delta}
    noisy = bernoulli_spikes(**target, rate_variance=1 / 6, rate=0.5).value
    # Whole steps cost at most half a spike more than the table's unrounded entries.
    assert bernoulli - 0.5 <= noisy <= bernoulli + 1
    counted = sigma_delta_spikes(**target, rate=0.5).value
    assert sigma_delta - 0.05 <= counted <= sigma_delta + 0.6
    assert latency_spikes(**target).value == 1


def test_explicit_codes_undercut_the_rate_code_bound_so_it_needs_its_assumption():
    target = ONE | {"epsilon_rms": 0.01}
    assert latency_spikes(**target).value < rate_code_spikes(**target).value / 800
    assert sigma_delta_spikes(**target, rate=0.5).value < rate_code_spikes(**target).value / 50


def test_rate_code_spikes_are_at_least_the_closed_form():
    for delta in (0.2, 0.1, 0.03, 0.01):
        got = rate_code_spikes(tokens=3, features=5, epsilon_rms=2 * delta, lipschitz=2.0).value
        closed = 15 * (1 / (12 * delta**2) - 1)
        assert closed <= got < closed + 15 / 2 + 1e-9


@pytest.mark.parametrize(
    ("encode", "theorem"),
    [
        (_bernoulli, lambda **a: bernoulli_spikes(**a, rate_variance=0.05)),
        (_sigma_delta(0.5), sigma_delta_spikes),
        (_random_phase, random_phase_spikes),
    ],
    ids=["bernoulli", "sigma-delta", "random phase"],
)
def test_spikes_are_those_that_the_code_fires(encode, theorem):
    generator = np.random.default_rng(4)
    rates = generator.random((DRAWS // 8, 8)) * 0.4
    target = {"tokens": 2, "features": 4, "lipschitz": 1.0, "epsilon_rms": 0.02}
    bound = theorem(**target, rate=0.2).value
    steps = round(bound / (8 * 0.2))
    fired = (encode(rates, steps, generator) * steps).sum(axis=1)
    # Mean of 50,000 samples, and a rate of 0.2 that is itself a mean of 400,000 draws.
    assert fired.mean() == pytest.approx(bound, abs=6 * fired.std() / math.sqrt(DRAWS / 8) + 0.02)


def test_binary_digits_fire_half_the_time():
    generator = np.random.default_rng(6)
    rest = generator.random(DRAWS)
    fired = np.zeros(DRAWS)
    for _ in range(5):
        rest = 2 * rest
        bit = np.floor(rest)
        rest -= bit
        fired += bit
    bound = binary_code_spikes(**ONE, epsilon_rms=0.01).value
    assert abs(fired.mean() - bound) < 4 * fired.std() / math.sqrt(DRAWS)
