"""Information bounds against numbers, quadrature and explicit codes."""

import math

import numpy as np
import pytest

from spikedim.bounds import (
    binary_code_steps,
    published_one_bit_per_spike,
    published_rate_distortion,
    spikes_for_bits,
    steps_for_bits,
    uniform_information_bits,
    uniform_information_bits_upper,
)


def per_entry(bound, delta):
    return bound(tokens=10, features=10, epsilon_rms=delta, lipschitz=1.0).value / 100


def test_is_zero_from_0_242_on():
    edge = (2 * math.pi * math.e) ** -0.5
    assert edge == pytest.approx(0.242, abs=1e-4)
    assert per_entry(uniform_information_bits, edge) == pytest.approx(0, abs=1e-12)
    assert per_entry(uniform_information_bits, 0.2420) == pytest.approx(0, abs=1e-4)
    assert per_entry(uniform_information_bits, 0.2424) == 0
    assert per_entry(uniform_information_bits, 0.24) == pytest.approx(math.log2(edge / 0.24))


def test_says_when_it_is_vacuous():
    shape = {"tokens": 1, "features": 1, "lipschitz": 2.0}
    vacuous = uniform_information_bits(**shape, epsilon_rms=0.6)
    assert vacuous.note == "vacuous: epsilon_rms / lipschitz = 0.3 is not below 0.242"
    assert uniform_information_bits(**shape, epsilon_rms=0.4).note == ""


@pytest.mark.parametrize(
    ("bound", "offset"),
    [(uniform_information_bits, 2.0471), (uniform_information_bits_upper, 1.7925)],
)
def test_offsets_from_the_plain_logarithm(bound, offset):
    assert math.log2(1 / 0.01) - per_entry(bound, 0.01) == pytest.approx(offset, abs=1e-4)


def test_bits_of_100_entries_at_a_twentieth():
    got = uniform_information_bits(tokens=10, features=10, epsilon_rms=0.05, lipschitz=1.0)
    assert got.value == pytest.approx(227.5, abs=0.05)


def blahut_arimoto_rate(slope, points=400, rounds=400):
    """Return (rate in bits, RMS error) of a uniform source on a fine grid; no formula of ours."""
    grid = (np.arange(points) + 0.5) / points
    kernel = np.exp(-slope * (grid[:, None] - grid[None, :]) ** 2)
    reproduction = np.full(points, 1 / points)
    for _ in range(rounds):
        joint = kernel * reproduction
        joint /= joint.sum(axis=1, keepdims=True)
        reproduction = joint.mean(axis=0)
    distortion = (joint * (grid[:, None] - grid[None, :]) ** 2).sum() / points
    safe = np.where(joint > 0, joint, 1)
    rate = (joint * np.log2(safe / np.maximum(reproduction, 1e-300))).sum() / points
    return rate, math.sqrt(distortion)


@pytest.mark.parametrize("slope", [20, 80, 300])
def test_the_true_rate_distortion_function_lies_between_the_bounds(slope):
    rate, delta = blahut_arimoto_rate(slope)
    # Blahut-Arimoto approaches the rate from above; a grid of 400 points costs below 1e-3 bits.
    assert per_entry(uniform_information_bits, delta) <= rate + 1e-3
    assert rate <= per_entry(uniform_information_bits_upper, delta) + 1e-3
    assert rate > 0.2
    published = published_rate_distortion(
        tokens=1, features=1, epsilon_rms=delta, lipschitz=1.0
    ).value
    assert published - rate > 1.75


def test_published_form_asks_bits_where_none_are_needed():
    delta = 12**-0.5  # the error of answering one half always
    assert per_entry(uniform_information_bits_upper, delta) == pytest.approx(0, abs=1e-12)
    assert per_entry(published_rate_distortion, delta) == pytest.approx(1.7925, abs=1e-4)


@pytest.mark.parametrize("delta", [0.2, 0.1, 0.03, 0.01, 1e-4])
def test_binary_code_stays_within_one_and_a_quarter_bits_of_the_bound(delta):
    steps = binary_code_steps(tokens=1, features=1, epsilon_rms=delta, lipschitz=1.0).value
    assert 0 <= steps - per_entry(uniform_information_bits, delta) < 1.2546


@pytest.mark.parametrize(
    ("rate", "bits"),
    [(0.01, 8.08), (0.05, 5.73), (0.1, 4.69), (0.2, 3.61), (0.3, 2.94), (0.5, 2.00)],
)
def test_bits_per_spike(rate, bits):
    assert 1 / spikes_for_bits(bits=1.0, rate=rate).value == pytest.approx(bits, abs=5e-3)


def test_independent_spikes_reach_the_price_so_one_bit_per_spike_is_false():
    # A block of m independent cells at rate r has entropy m H_b(r), computed here pattern by
    # pattern, and m r expected spikes.
    cells, rate = 12, 0.2
    weights = np.array([bin(k).count("1") for k in range(2**cells)])
    probability = rate**weights * (1 - rate) ** (cells - weights)
    entropy = -(probability * np.log2(probability)).sum()
    spikes = (probability * weights).sum()
    assert spikes_for_bits(bits=entropy, rate=rate).value == pytest.approx(spikes, rel=1e-12)
    assert published_one_bit_per_spike(bits=entropy).value > 3.6 * spikes
    assert steps_for_bits(bits=entropy, neurons=cells, rate=rate).value == 1
    assert steps_for_bits(bits=entropy * 1.001, neurons=cells, rate=rate).value == 2
    assert steps_for_bits(bits=entropy, neurons=cells // 4, rate=rate).value == 4


def test_one_bit_per_spike_turns_true_at_the_rate_the_verdict_names():
    def price(rate):
        return spikes_for_bits(bits=1.0, rate=rate).value

    assert price(0.772) < 1 < price(0.774)
    assert "0.773" in published_one_bit_per_spike(bits=1.0).verdict
