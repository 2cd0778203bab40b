"""The interval of a mean of skewed positive numbers."""

import math

import numpy as np
import pytest

from spikedim.response.trace._mean_interval import mean_interval


def covers(draw, mean, *, trials):
    found = [mean_interval(draw()) for _ in range(trials)]
    return np.mean([low <= mean <= high for low, high in found])


def test_it_covers_the_mean_of_heavy_tails():
    generator = np.random.default_rng(1)
    covered = covers(
        lambda: generator.lognormal(0, 1.5, size=100), math.exp(1.5**2 / 2), trials=250
    )
    assert covered >= 0.88


def test_it_covers_the_mean_of_even_values_without_waste():
    generator = np.random.default_rng(2)
    assert 0.9 <= covers(lambda: generator.normal(10, 1, size=30), 10, trials=200) <= 0.99
    low, high = mean_interval(generator.normal(10, 1, size=1000))
    assert high - low == pytest.approx(4 / math.sqrt(1000), rel=0.1)


def test_few_values_have_a_wide_interval_above_zero():
    low, high = mean_interval(np.array([1.0, 3.0]))
    assert 0 < low < 0.01
    assert high > 100


@pytest.mark.parametrize("values", [[2.0], [2.0, 2.0, 2.0], [0.0, 0.0]])
def test_values_without_spread_have_no_width(values):
    assert mean_interval(np.array(values)) == (values[0], values[0])
