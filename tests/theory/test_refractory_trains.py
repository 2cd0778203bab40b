"""Refractory trains: capacity against counting, entropy against enumeration, codes simulated."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq

from spikedim.bounds import (
    refractory_capacity,
    refractory_code_spikes,
    refractory_code_steps,
    spikes_for_bits_refractory,
    steps_for_bits_refractory,
)


@pytest.mark.parametrize(
    ("refractory", "bits"), list(enumerate([1.0, 0.6942, 0.5515, 0.4650, 0.4057])), ids=str
)
def test_capacities_of_the_design(refractory, bits):
    got = refractory_capacity(refractory_steps=refractory).value
    assert got == pytest.approx(bits, abs=1e-4)


@pytest.mark.parametrize("refractory", range(7))
def test_capacity_is_the_root_of_the_characteristic_polynomial(refractory):
    coefficients = np.zeros(refractory + 2)
    coefficients[0] = 1
    coefficients[1] -= 1
    coefficients[-1] -= 1
    root = max(np.roots(coefficients).real)
    got = refractory_capacity(refractory_steps=refractory).value
    assert got == pytest.approx(math.log2(root), abs=1e-9)


@pytest.mark.parametrize("refractory", range(5))
def test_capacity_is_the_growth_of_the_number_of_legal_trains(refractory):
    counts = [1] * (refractory + 1)  # trains of length k - refractory, by the last step
    for _ in range(200):
        counts.append(counts[-1] + counts[-1 - refractory])
    got = refractory_capacity(refractory_steps=refractory).value
    assert got == pytest.approx(math.log2(counts[-1] / counts[-2]), abs=1e-9)


@pytest.mark.parametrize(
    ("refractory", "rate"), list(enumerate([0.5, 0.276, 0.194, 0.151, 0.124])), ids=str
)
def test_capacity_is_attained_at_the_rate_of_the_design(refractory, rate):
    rates = np.arange(1, 1000) / 1000 / (1 + refractory)
    prices = [
        spikes_for_bits_refractory(bits=1.0, rate=r, refractory_steps=refractory).value
        for r in rates.tolist()
    ]
    per_step = rates / np.array(prices)
    assert rates[per_step.argmax()] == pytest.approx(rate, abs=1.5e-3)
    assert per_step.max() == pytest.approx(
        refractory_capacity(refractory_steps=refractory).value, abs=1e-5
    )


@pytest.mark.parametrize("refractory", [1, 2, 4])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.15])
def test_price_is_that_of_geometric_gaps(refractory, rate):
    hazard = rate / (1 - refractory * rate)
    gap = np.arange(1, 4000)
    probability = hazard * (1 - hazard) ** (gap - 1)
    probability = probability[probability > 0]
    bits_per_spike = -(probability * np.log2(probability)).sum()
    got = spikes_for_bits_refractory(bits=100.0, rate=rate, refractory_steps=refractory).value
    assert 100 / got == pytest.approx(bits_per_spike, rel=1e-9)


def largest_entropy(length, refractory, rate):
    """Most entropy of trains that start at rest, over every distribution of this mean rate."""
    counts = []
    for train in itertools.product((0, 1), repeat=length):
        times = [t for t, spike in enumerate(train) if spike]
        if all(b - a > refractory for a, b in itertools.pairwise(times)):
            counts.append(len(times))
    spikes = np.array(counts)

    def tilted(log_odds):
        weight = np.exp(log_odds * spikes - (log_odds * spikes).max())
        return weight / weight.sum()

    if not 0 < rate * length < spikes.max():
        return None
    at = brentq(lambda a: (tilted(a) * spikes).sum() - rate * length, -60, 60)
    probability = tilted(at)
    probability = probability[probability > 0]
    return float(-(probability * np.log2(probability)).sum())


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("refractory", [0, 1, 2, 4])
@pytest.mark.parametrize("rate", [0.05, 0.15])
def test_no_window_that_starts_at_rest_beats_the_steps(length, refractory, rate):
    entropy = largest_entropy(length, refractory, rate)
    assert entropy is not None
    steps = steps_for_bits_refractory(
        bits=entropy, neurons=1, rate=rate, refractory_steps=refractory
    ).value
    assert steps <= length
    assert steps >= length - refractory - 1


def test_short_windows_do_beat_the_spikes_which_is_why_that_theorem_assumes_long_ones():
    length, refractory, rate = 1, 1, 0.3
    entropy = largest_entropy(length, refractory, rate)
    asked = spikes_for_bits_refractory(bits=entropy, rate=rate, refractory_steps=refractory).value
    assert asked > 1.1 * rate * length


@pytest.mark.parametrize("refractory", [0, 1, 3])
def test_refractory_code_reaches_its_error(refractory):
    epsilon = 0.025
    steps = int(
        refractory_code_steps(
            tokens=1,
            features=1,
            epsilon_rms=epsilon,
            lipschitz=1.0,
            refractory_steps=refractory,
        ).value
    )
    assert steps == math.ceil((2 + refractory) / (12 * epsilon**2))
    generator = np.random.default_rng(refractory)
    rates = generator.random(20_000)
    target = rates / (1 + refractory)
    hazard = target / (1 - refractory * target)
    last = np.full(rates.shape, -100)
    counts = np.zeros_like(rates)
    for t in range(-60, steps):  # 60 steps to forget that all trains start at rest
        spike = (t - last > refractory) & (generator.random(rates.shape) < hazard)
        last[spike] = t
        if t >= 0:
            counts += spike
    fired = refractory_code_spikes(
        tokens=1, features=1, epsilon_rms=epsilon, lipschitz=1.0, refractory_steps=refractory
    ).value
    assert counts.mean() == pytest.approx(fired, rel=0.02)
    rms = np.sqrt(np.mean(((1 + refractory) * counts / steps - rates) ** 2))
    # 20,000 draws: the standard error of an RMS is below 0.8 % of it.
    assert rms == pytest.approx(epsilon, rel=0.03)
