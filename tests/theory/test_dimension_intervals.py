"""Do the intervals cover, is the corrected ratio unbiased, does d(n) tell a lower bound?"""

import numpy as np
import pytest

from spikedim.dimension import (
    covariance_spectrum,
    effective_rank,
    participation_ratio,
    participation_ratio_corrected,
    pca95,
    stable_rank,
)

LAM = 1.0 / np.arange(1, 21)
TRUE_RATIO = LAM.sum() ** 2 / (LAM**2).sum()
RUNS = 100


def gaussian(seed, n_samples, lam=LAM):
    return np.random.default_rng(seed).normal(size=(n_samples, len(lam))) * np.sqrt(lam)


def simulate(n_samples, lam=LAM, runs=RUNS):
    """Return values and intervals of four estimators over independent data sets."""
    estimators = (participation_ratio, participation_ratio_corrected, effective_rank, stable_rank)
    found = {f.__name__: [] for f in estimators}
    for seed in range(runs):
        spectrum = covariance_spectrum(
            gaussian(seed, n_samples, lam), generator=np.random.default_rng(seed)
        )
        for f in estimators:
            got = f(spectrum)
            found[f.__name__].append((got.value, got.low, got.high, got.extrapolated))
    return {name: np.array(rows).T for name, rows in found.items()}


@pytest.fixture(scope="module")
def runs():
    return simulate(300)


@pytest.fixture(scope="module")
def pooled_runs():
    patch = pytest.MonkeyPatch()
    patch.setattr("spikedim.dimension._covariance_spectrum._POOL_ROWS", 256)
    yield simulate(1200, runs=120)
    patch.undo()


def coverage(rows):
    value, low, high, _ = rows
    return float(np.mean((low <= value.mean()) & (value.mean() <= high)))


# Binomial error of a coverage of .95 over 100 runs: .022; three of them and the error of the
# variance estimate (16 overlapping subsets) give the lower limit .87.
@pytest.mark.parametrize(
    "name",
    ["participation_ratio", "participation_ratio_corrected", "effective_rank", "stable_rank"],
)
def test_the_interval_covers_the_expectation(runs, name):
    assert 0.87 <= coverage(runs[name]) <= 1


@pytest.mark.parametrize("name", ["participation_ratio", "effective_rank"])
def test_the_interval_is_not_padded(runs, name):
    value, low, high, _ = runs[name]
    assert np.mean(high - low) / 2 == pytest.approx(1.96 * value.std(), rel=0.25)


@pytest.mark.parametrize("name", ["participation_ratio", "effective_rank"])
def test_a_pool_smaller_than_the_data_still_gives_coverage(pooled_runs, name):
    value, low, high, _ = pooled_runs[name]
    assert coverage(pooled_runs[name]) >= 0.87
    assert np.mean(high - low) / 2 == pytest.approx(1.96 * value.std(), rel=0.35)


def test_corrected_ratio_has_no_bias_where_the_plug_in_has(runs):
    value = runs["participation_ratio"][0]
    corrected = runs["participation_ratio_corrected"][0]
    error = corrected.std() / RUNS**0.5
    assert abs(corrected.mean() - TRUE_RATIO) < 3 * error + 0.005 * TRUE_RATIO
    assert value.mean() < TRUE_RATIO - 3 * error


def test_extrapolation_removes_most_of_the_bias(runs):
    value, _, _, limit = runs["participation_ratio"]
    assert abs(limit.mean() - TRUE_RATIO) < 0.5 * abs(value.mean() - TRUE_RATIO)


def test_corrected_ratio_is_unbiased_with_far_fewer_samples_than_dimensions():
    lam = np.arange(1, 201.0) ** -0.5
    truth = lam.sum() ** 2 / (lam**2).sum()
    spectra = [covariance_spectrum(gaussian(s, 40, lam), replicates=0) for s in range(60)]
    values = [participation_ratio_corrected(spectrum).value for spectrum in spectra]
    plain = [participation_ratio(spectrum).value for spectrum in spectra]
    # The ratio of two unbiased numbers keeps a bias of order 1 / n.
    assert np.mean(values) == pytest.approx(truth, rel=0.06)
    assert np.mean(plain) < 0.5 * truth


def test_corrected_ratio_holds_for_heavy_tails():
    # Student t with 9 degrees: the fourth-moment term matters.
    rng = np.random.default_rng(0)
    draws = (rng.standard_t(9, size=(60, 20)) * np.sqrt(LAM) for _ in range(200))
    values = [
        participation_ratio_corrected(covariance_spectrum(x, replicates=0)).value for x in draws
    ]
    error = np.std(values) / 200**0.5
    assert abs(np.mean(values) - TRUE_RATIO) < 3 * error + 0.02 * TRUE_RATIO


def image_like(seed, n_samples, d=300):
    """Return samples with the slow power law of natural images, lam_i = i^-1.3."""
    return gaussian(seed, n_samples, np.arange(1, d + 1.0) ** -1.3)


def test_too_few_samples_are_called_a_lower_bound():
    got = pca95(image_like(0, 85))
    truth = pca95(image_like(0, 20_000)).value
    assert got.still_rising
    assert "lower bound" in got.notes[-1]
    assert got.value < 0.5 * truth
    assert got.value < got.extrapolated <= truth


def test_enough_samples_are_not():
    got = pca95(gaussian(0, 20_000))
    assert not got.still_rising
    assert got.notes == ()
    assert not participation_ratio(gaussian(0, 5000)).still_rising


def test_d_of_n_grows_for_every_dimension_of_image_like_data():
    spectrum = covariance_spectrum(image_like(0, 600))
    for estimator in (pca95, effective_rank):
        means = [point.mean for point in estimator(spectrum).curve]
        assert means == sorted(means)


def test_the_bootstrap_would_be_biased_down():
    # Why subsets are drawn without replacement: repeated rows lower the rank.
    x = image_like(0, 200)
    rng = np.random.default_rng(0)
    boot = [pca95(x[rng.integers(0, 200, 200)], replicates=0).value for _ in range(20)]
    assert np.mean(boot) < 0.85 * pca95(x).value
