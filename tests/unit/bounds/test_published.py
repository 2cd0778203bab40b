"""The published forms return the published numbers and say what is wrong with them."""

import math

import pytest

from spikedim.bounds import (
    UniversalSizes,
    published_attention_time,
    published_one_bit_per_spike,
    published_rate_distortion,
    published_spike_count,
    published_universal_sizes,
    published_wta_time,
)

SHAPE = {"tokens": 64, "features": 384}


def test_rate_distortion():
    got = published_rate_distortion(**SHAPE, epsilon_rms=0.5, lipschitz=2.0)
    assert got.value == 64 * 384 * 2
    assert "1.79 to 2.05 bits per entry lower" in got.verdict


def test_one_bit_per_spike():
    got = published_one_bit_per_spike(bits=12.5, population="mine")
    assert (got.value, got.population) == (12.5, "mine")
    assert got.verdict.startswith("False for sparse trains")


def test_spike_count():
    got = published_spike_count(**SHAPE, epsilon_rms=0.5, lipschitz=2.0)
    assert got.value == 64 * 384 * 16
    assert "independent Bernoulli rate code" in got.verdict
    assert "False for codes in general" in got.verdict


def test_softmax_circuit_time():
    got = published_wta_time(tokens=64, row_error=0.1)
    assert got.value == 64**2 * 100
    assert "sparsemax" in got.verdict


def test_attention_time_of_the_toy():
    got = published_attention_time(tokens=2, head_features=2, epsilon_fro=0.05)
    assert got.value == 6400
    assert "does not fall with T" in got.verdict


def test_universal_sizes():
    got = published_universal_sizes(**SHAPE, head_features=64, epsilon_fro=0.01)
    assert got.layers.value == math.ceil(math.log(100))
    assert got.heads.value == 64**2 * 384 * 1e4
    assert got.steps.value == 64**2 * 64**2 * 1e4
    assert {b.unit for b in (got.layers, got.heads, got.steps)} == {"layers", "heads", "steps"}
    assert "bounded precision" in got.layers.verdict
    assert UniversalSizes.from_json(got.to_json()) == got


@pytest.mark.parametrize("smaller", [0.9, 0.1])
def test_universal_sizes_grow_as_the_error_falls(smaller):
    here = published_universal_sizes(**SHAPE, head_features=64, epsilon_fro=0.5)
    there = published_universal_sizes(**SHAPE, head_features=64, epsilon_fro=0.5 * smaller)
    assert there.layers.value >= here.layers.value
    assert there.heads.value > here.heads.value
    assert there.steps.value > here.steps.value
