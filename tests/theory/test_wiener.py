"""Theory test 23: the floor-free form on a power law, and against simulated filters."""

import numpy as np
import pytest

from spikedim.laws import wiener_error, wiener_steps

EIGENVALUES = np.arange(1, 513) ** -1.5


def test_power_law_numbers():
    error = wiener_error(EIGENVALUES, noise=0.01)
    assert error == pytest.approx(0.4279, rel=1e-3)
    assert error / 0.01 == pytest.approx(42.79, rel=1e-3)


def test_simulated_wiener_filter_has_that_error():
    rng = np.random.default_rng(23)
    signal = rng.normal(size=(4000, 512)) * np.sqrt(EIGENVALUES)
    seen = signal + rng.normal(size=signal.shape) * np.sqrt(0.01)
    decoded = seen * EIGENVALUES / (EIGENVALUES + 0.01)
    measured = ((decoded - signal) ** 2).sum(axis=1).mean()
    assert measured == pytest.approx(0.4279, rel=0.02)


def test_steps_solve_the_equation():
    steps = wiener_steps(EIGENVALUES, rate_variance=0.16, distortion=0.4279)
    assert steps == pytest.approx(0.16 / 0.01, rel=1e-3)
    assert wiener_error(EIGENVALUES, noise=0.16 / steps) == pytest.approx(0.4279, rel=1e-12)


def test_simulated_spikes_reach_the_target_at_the_planned_steps():
    # Correlated rates around 0.3 with a clipped Gaussian source; the decoder knows the covariance.
    rng = np.random.default_rng(6)
    basis = np.linalg.qr(rng.normal(size=(96, 96)))[0]
    spectrum = 0.02 * np.arange(1, 97) ** -1.2
    x = 0.3 + (rng.normal(size=(20_000, 96)) * np.sqrt(spectrum)) @ basis.T
    x = np.clip(x, 0, 1)
    mean = x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(x, rowvar=False))
    values = values.clip(0)
    variance = float((x * (1 - x)).mean())
    target = 0.25 * float(values.sum())
    steps = int(np.ceil(wiener_steps(values, rate_variance=variance, distortion=target)))
    noise = variance / steps
    counts = rng.binomial(steps, x) / steps
    decoded = mean + ((counts - mean) @ vectors * (values / (values + noise))) @ vectors.T
    error = ((decoded - x) ** 2).sum(axis=1).mean()
    assert error == pytest.approx(wiener_error(values, noise=noise), rel=0.03)
    assert error <= 1.03 * target
