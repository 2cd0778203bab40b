"""Union bounds on the largest rate error: safe when simulated, and not by accident."""

import math

import numpy as np
import pytest

from spikedim.bounds import bernstein_steps, hoeffding_steps, sigma_delta_max_error_steps

TOKENS, FEATURES, DELTA, ETA = 64, 384, 0.05, 0.01
RUNS = 100


def failures(steps, rates, generator, runs=RUNS):
    """Fraction of runs in which some entry is further off than DELTA."""
    counts = generator.binomial(steps, rates, size=(runs, TOKENS * FEATURES))
    return np.mean(np.abs(counts / steps - rates).max(axis=1) > DELTA)


def test_hoeffding_number_of_the_design():
    got = hoeffding_steps(
        tokens=TOKENS, features=FEATURES, max_error=DELTA, failure_probability=ETA
    )
    assert got.value == 3082
    assert got.value == math.ceil(math.log(2 * 64 * 384 / 0.01) / (2 * 0.05**2))


@pytest.mark.parametrize("rate", [0.5, None], ids=["worst rate", "uniform rates"])
def test_hoeffding_steps_fail_at_most_as_often_as_promised(rate):
    generator = np.random.default_rng(0)
    rates = generator.random(TOKENS * FEATURES) if rate is None else rate
    steps = int(
        hoeffding_steps(
            tokens=TOKENS, features=FEATURES, max_error=DELTA, failure_probability=ETA
        ).value
    )
    assert failures(steps, rates, generator) <= ETA
    # An eighth of the steps is not enough, so the promise is one that can be broken.
    assert failures(steps // 8, rates, generator, runs=20) == 1


def test_bernstein_needs_fewer_steps_for_small_rates_and_keeps_its_promise():
    shape = {"tokens": TOKENS, "features": FEATURES}
    promise = {"max_error": DELTA, "failure_probability": ETA}
    sparse = bernstein_steps(**shape, **promise, max_rate=0.05).value
    assert sparse == 791
    assert sparse < hoeffding_steps(**shape, **promise).value / 3
    generator = np.random.default_rng(1)
    assert failures(int(sparse), 0.05, generator) <= ETA
    assert failures(int(sparse) // 8, 0.05, generator, runs=20) == 1


@pytest.mark.parametrize(("phase", "steps"), [(0.0, 20), (0.5, 10), (0.25, 15), (1.0, 20)])
def test_sigma_delta_is_never_further_off(phase, steps):
    got = sigma_delta_max_error_steps(tokens=1, features=1, max_error=DELTA, phase=phase)
    assert got.value == steps
    rates = np.linspace(0, 1, 20001)[1:-1] + 1e-9
    error = np.abs(np.floor(rates * steps + phase) / steps - rates)
    assert error.max() <= DELTA + 1e-12
    coarse = np.abs(np.floor(rates * (steps - 1) + phase) / (steps - 1) - rates)
    assert coarse.max() > DELTA
