"""The participation ratio PR brackets the ridge dimension at mu = sum(lam^2) / sum(lam)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.dimension import (
    covariance_spectrum,
    effective_rank,
    participation_ratio,
    pca95,
    ridge_dimension,
)


def sandwich(spectrum):
    """Return PR and d_mu at the mu that makes PR / 2 <= d_mu <= PR."""
    mu = spectrum.squared_norm / spectrum.total_variance
    return participation_ratio(spectrum).value, ridge_dimension(spectrum, mu=mu).value


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.integers(3, 40), st.integers(1, 40), st.floats(0, 4))
def test_ridge_dimension_lies_between_half_pr_and_pr(seed, s, d, decay):
    x = np.random.default_rng(seed).normal(size=(s, d)) * np.arange(1.0, d + 1) ** -decay
    ratio, ridge = sandwich(covariance_spectrum(x, replicates=0))
    assert ratio / 2 - 1e-9 <= ridge <= ratio + 1e-9


def exact_samples(eigenvalues):
    """Return samples whose covariance has exactly these eigenvalues."""
    d = len(eigenvalues)
    half = np.diag(np.sqrt(np.asarray(eigenvalues) * (2 * d - 1) / 2))
    return np.concatenate([half, -half])


def test_lower_end_is_reached_by_a_flat_spectrum():
    ratio, ridge = sandwich(covariance_spectrum(exact_samples(np.ones(7)), replicates=0))
    assert (ratio, ridge) == (pytest.approx(7.0), pytest.approx(3.5))


def test_upper_end_is_approached_by_a_sea_of_small_axes_below_one_large_one():
    # mu = sum(lam^2) / sum(lam) = .0109 is ten times the sea, so d_mu / PR -> .91.
    lam = np.concatenate([[0.1], np.full(1000, 1e-3)])
    ratio, ridge = sandwich(covariance_spectrum(exact_samples(lam), replicates=0))
    assert ratio == pytest.approx(1.1**2 / 0.011)
    assert ridge == pytest.approx(0.1 / 0.11 + 1000 * 1e-3 / 0.011)
    assert 0.8 * ratio < ridge <= ratio


def test_power_law_of_the_design_page():
    # lam_i = i^-1.5, i <= 512: PR 5.3, PCA-95 87, d at mu = .01 42.8: no common ordering.
    lam = np.arange(1.0, 513.0) ** -1.5
    spectrum = covariance_spectrum(exact_samples(lam), replicates=0)
    assert participation_ratio(spectrum).value == pytest.approx(5.3, abs=0.05)
    assert pca95(spectrum).value == 87
    assert ridge_dimension(spectrum, mu=0.01).value == pytest.approx(42.8, abs=0.05)
    assert effective_rank(spectrum).value > participation_ratio(spectrum).value
