"""What is true of every spectral dimension, whatever the samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.dimension import (
    covariance_spectrum,
    effective_rank,
    participation_ratio,
    participation_ratio_corrected,
    pca95,
    ridge_dimension,
    stable_rank,
    water_filling_rank,
)

SCALE_FREE = [pca95, participation_ratio, effective_rank, stable_rank]
few = settings(max_examples=30)


@st.composite
def samples(draw):
    s, d = draw(st.integers(3, 40)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    return rng.normal(size=(s, d)) * 2.0 ** rng.integers(-3, 4, size=d)


def bare(x):
    return covariance_spectrum(x, replicates=0)


@few
@given(samples())
def test_dimensions_lie_between_one_and_the_rank_in_a_fixed_order(x):
    most = min(x.shape[0] - 1, x.shape[1]) + 1e-9
    spectrum = bare(x)
    stable, ratio, rank = (
        f(spectrum).value for f in (stable_rank, participation_ratio, effective_rank)
    )
    assert 1 - 1e-9 <= stable <= ratio * (1 + 1e-9)
    assert ratio <= rank * (1 + 1e-9)
    assert rank <= most
    assert 1 <= pca95(spectrum).value <= most


@few
@given(samples(), st.sampled_from([1e-60, 1e-9, 3.0, 1e9, 1e60]), st.floats(-10, 10))
def test_ignores_scale_and_shift(x, scale, shift):
    before, after = bare(x), bare(scale * (x + shift))
    for estimator in SCALE_FREE:
        assert estimator(after).value == pytest.approx(estimator(before).value, rel=1e-6)


@few
@given(samples())
def test_ignores_rotation(x):
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(x.shape[1], x.shape[1])))[0]
    before, after = bare(x), bare(x @ q)
    for estimator in SCALE_FREE:
        assert estimator(after).value == pytest.approx(estimator(before).value, rel=1e-8)


@few
@given(samples(), st.integers(2, 4))
def test_ignores_that_every_sample_is_repeated(x, times):
    before, after = bare(x), bare(np.repeat(x, times, axis=0))
    for estimator in SCALE_FREE:
        assert estimator(after).value == pytest.approx(estimator(before).value, rel=1e-8)


@few
@given(samples(), st.floats(0.1, 10))
def test_noise_and_distortion_carry_the_unit_of_variance(x, scale):
    before, after = bare(x), bare(scale * x)
    level = 0.3 * before.total_variance
    assert ridge_dimension(after, mu=level * scale**2).value == pytest.approx(
        ridge_dimension(before, mu=level).value, rel=1e-8
    )
    assert (
        water_filling_rank(after, distortion=level * scale**2).value
        == water_filling_rank(before, distortion=level).value
    )


@few
@given(samples(), st.floats(0.01, 0.98), st.floats(0.01, 0.98))
def test_more_noise_or_less_variance_never_adds_dimensions(x, a, b):
    a, b = sorted((a, b))
    spectrum = bare(x)
    total = spectrum.total_variance
    assert pca95(spectrum, fraction=a).value <= pca95(spectrum, fraction=b).value
    assert ridge_dimension(spectrum, mu=b).value <= ridge_dimension(spectrum, mu=a).value
    assert (
        water_filling_rank(spectrum, distortion=b * total).value
        <= water_filling_rank(spectrum, distortion=a * total).value
    )


@few
@given(st.integers(0, 2**31), st.integers(20, 60))
def test_interval_contains_the_value_and_stays_in_range(seed, n):
    x = np.random.default_rng(seed).normal(size=(n, 6))
    spectrum = covariance_spectrum(x, replicates=4)
    for estimator in (*SCALE_FREE, participation_ratio_corrected):
        got = estimator(spectrum)
        assert 1 <= got.low <= got.value <= got.high <= 6


@few
@given(samples(), st.integers(1, 17))
def test_eight_bit_and_wide_samples_give_one_spectrum(x, seed):
    x = np.random.default_rng(seed).integers(0, 256, size=x.shape).astype(np.uint8)
    exact, wide = bare(x), bare(x.astype(np.float64))
    scale = exact.total_variance
    np.testing.assert_allclose(exact.eigenvalues, wide.eigenvalues, rtol=1e-9, atol=1e-12 * scale)
    assert exact.total_variance == pytest.approx(wide.total_variance, rel=1e-13)
    for name in ("mean", "mean_square", "norm_fourth_moment", "squared_norm"):
        assert getattr(exact, name) == pytest.approx(getattr(wide, name), rel=1e-5)
    assert (exact.minimum, exact.maximum) == (wide.minimum, wide.maximum)
    assert exact.constant_features == wide.constant_features
