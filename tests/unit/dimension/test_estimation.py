"""Intervals, curves and flags from hand-made subset values."""

import math

import numpy as np
import pytest
from scipy import stats

from spikedim._core import InputError, NumericsError
from spikedim.dimension import (
    Spectrum,
    SubsetSpectrum,
    all_estimates,
    effective_rank,
    participation_ratio,
    participation_ratio_corrected,
    pca95,
    ridge_dimension,
    stable_rank,
    two_nn,
    water_filling_rank,
)
from spikedim.dimension._estimation import Draws, estimate, judge


def spectrum_with(values, n_samples=100, size=50, population=100, value=10.0):
    """Return a spectrum whose formula `total_variance` takes the given values on subsets."""
    subsets = tuple(
        SubsetSpectrum(np.ones(1), float(v), size, population=population) for v in values
    )
    return Spectrum(np.ones(1), value, 1.0, n_samples, 40, "x", subsets=subsets)


def first(spectrum):
    return spectrum.total_variance


def test_half_samples_give_the_plain_standard_deviation():
    values = [9.0, 9.5, 10.0, 10.5, 11.0]
    got = estimate(spectrum_with(values), first, estimator="e")
    half = stats.t.ppf(0.975, 4) * np.std(values, ddof=1)
    assert (got.low, got.high) == (pytest.approx(10 - half), pytest.approx(10 + half))
    assert got.interval_method == "delete-d jackknife, 5 subsets of 50 from 100"


def test_a_pool_scales_the_spread_to_all_samples():
    values = [9.0, 9.5, 10.0, 10.5, 11.0]
    got = estimate(spectrum_with(values, n_samples=10_000, population=200), first, estimator="e")
    error = np.std(values, ddof=1) * math.sqrt(50 * 200 / 150 / 10_000)
    assert got.high - got.value == pytest.approx(stats.t.ppf(0.975, 4) * error)


def test_the_largest_size_with_four_subsets_makes_the_interval():
    draws = [
        Draws(20, [1.0] * 6, 100),
        Draws(40, [8.0, 9.0, 10.0, 11.0], 100),
        Draws(50, [9.0], 100),
    ]
    got = judge(10.0, draws, n_samples=100, least=1.0, most=40.0, ceiling=40.0)
    assert got.method == "delete-d jackknife, 4 subsets of 40 from 100"
    assert [p.n_samples for p in got.curve] == [20, 40, 50, 100]
    assert got.curve[2].standard_deviation == 0.0


def test_the_interval_is_clipped_to_the_range_of_the_estimator():
    got = estimate(spectrum_with([1.0, 39.0, 2.0, 30.0]), first, estimator="e", most=12.0)
    assert (got.low, got.high) == (1.0, 12.0)


def test_whole_numbers_get_whole_ends():
    got = estimate(spectrum_with([9.9, 10.0, 10.1, 10.2]), first, estimator="e", whole=True)
    assert (got.low, got.high) == (9.0, 11.0)


def test_the_extrapolation_is_richardsons_when_one_size_is_known():
    draws = [Draws(50, [8.0, 8.2, 7.8, 8.0], 100)]
    got = judge(10.0, draws, n_samples=100, least=1.0, most=40.0, ceiling=40.0)
    assert got.limit == pytest.approx(12.0)
    assert got.rising
    assert got.notes[0].startswith("d still rises")


def test_a_flat_curve_does_not_rise():
    draws = [Draws(25, [9.9, 10.1, 10.0, 10.0], 100), Draws(50, [10.0, 10.02, 9.98, 10.0], 100)]
    got = judge(10.0, draws, n_samples=100, least=1.0, most=40.0, ceiling=40.0)
    assert not got.rising
    assert got.notes == ()


def test_a_noisy_curve_does_not_rise():
    draws = [Draws(50, [2.0, 16.0, 5.0, 11.0], 100)]
    assert not judge(10.0, draws, n_samples=100, least=1.0, most=40.0, ceiling=40.0).rising


def test_the_extrapolation_stops_at_the_number_of_features():
    draws = [Draws(50, [4.0, 4.1, 3.9, 4.0], 100)]
    assert judge(10.0, draws, n_samples=100, least=1.0, most=40.0, ceiling=12.0).limit == 12.0


def test_a_subset_without_an_answer_is_left_out():
    got = estimate(spectrum_with([9.0, math.nan, 10.0, 9.5, 10.5]), first, estimator="e")
    assert got.curve[0].replicates == 4


def sketch(**changes):
    fields = {
        "eigenvalues": np.array([6.0, 3.0]),
        "total_variance": 10.0,
        "squared_norm": 45.5,
        "n_samples": 50,
        "n_features": 20,
        "layer": "pixels",
        "method": "sketch",
        "missing_variance": 1.0,
        "residual_norm": 0.5,
    }
    return Spectrum(**(fields | changes))


def test_whole_numbers_are_never_certain_to_less_than_one():
    got = estimate(spectrum_with([10.0] * 8), first, estimator="e", whole=True)
    assert (got.low, got.high) == (9.0, 11.0)
    plain = estimate(spectrum_with([10.0] * 8), first, estimator="e")
    assert (plain.low, plain.high) == (10.0, 10.0)


def test_few_samples_do_not_make_pca95_certain():
    # Subsets of 4 rows span 3 axes, always: their spread says nothing.
    got = pca95(np.random.default_rng(0).normal(size=(9, 30)))
    assert got.curve[0].standard_deviation == 0
    assert got.low < got.value < got.high


def test_a_sketch_certifies_pca95():
    got = pca95(sketch(), fraction=0.8)
    assert (got.value, got.certified_low, got.certified_high) == (2.0, 2.0, 2.0)


def test_a_sketch_that_holds_too_little_gives_a_lower_bound_and_says_so():
    got = pca95(sketch())
    assert (got.value, got.certified_low, got.certified_high) == (2.0, 2.0, None)
    assert "holds 90.0 % of the variance in 2 axes, less than 95 %" in got.notes[0]


def test_a_sketch_says_what_two_shapes_of_its_unseen_tail_give():
    # Two axes of 0.5 at least, eighteen of 1/18 at most.
    low = 2 - 1 + 6 / 7 + 3 / 4 + 2 * (0.5 / 1.5) - 1
    got = ridge_dimension(sketch(), mu=1.0)
    high = 6 / 7 + 3 / 4 + 18 * (1 / 18) / (1 + 1 / 18)
    assert got.value == pytest.approx((low + high) / 2)
    assert got.certified_low is None
    assert f"{low:.4g} if few axes hold it, {high:.4g} if all others do" in got.notes[0]


def test_a_sketch_without_tail_says_nothing_of_one():
    got = effective_rank(sketch(eigenvalues=np.array([5.0, 5.0]), missing_variance=0.0))
    assert got.value == pytest.approx(2)
    assert got.notes == ()


def test_a_tail_that_fills_all_axes_is_flat():
    got = ridge_dimension(sketch(n_features=4, residual_norm=0.5), mu=1.0)
    assert got.value == pytest.approx(6 / 7 + 3 / 4 + 2 * 0.5 / 1.5)


def test_a_sketch_that_took_every_axis_ignores_rounding_in_the_tail():
    got = ridge_dimension(sketch(n_features=2, missing_variance=1e-9), mu=1.0)
    assert got.value == pytest.approx(6 / 7 + 3 / 4)


def test_a_sketch_certifies_the_stable_rank():
    got = stable_rank(sketch())
    assert got.value == pytest.approx(10 / 6)
    assert (got.certified_low, got.certified_high) == (
        pytest.approx(10 / 6.5),
        pytest.approx(10 / 6),
    )


def test_squared_norm_of_a_subset_falls_back_on_its_eigenvalues():
    part = SubsetSpectrum(np.array([2.0, 1.0]), 3.0, 5)
    whole = Spectrum(np.array([2.0, 2.0]), 4.0, 8.0, 50, 4, "x", subsets=(part,) * 4)
    assert participation_ratio(whole).curve[0].mean == pytest.approx(9 / 5)


@pytest.mark.parametrize("fourth", [None, 1.0])
def test_corrected_ratio_needs_four_samples_and_the_fourth_moment(fourth):
    bad = Spectrum(np.ones(2), 2.0, 2.0, 3 if fourth else 9, 2, "x", norm_fourth_moment=fourth)
    with pytest.raises(
        InputError, match=r"^participation_ratio_corrected: `x` must have at least 4"
    ):
        participation_ratio_corrected(bad)
    assert "participation_ratio_corrected" not in {e.estimator for e in all_estimates(bad)}


def test_corrected_ratio_says_when_samples_are_too_few_for_it():
    # Four orthogonal directions: no pair of samples repeats an axis.
    x = np.eye(4)
    with pytest.raises(NumericsError, match="not positive with 4 samples"):
        participation_ratio_corrected(x)


def test_corrected_ratio_notes_that_it_exceeds_what_samples_can_span():
    got = participation_ratio_corrected(np.random.default_rng(0).normal(size=(20, 50)))
    assert got.value > 19
    assert got.notes[0] == "The value exceeds the 19 axes these samples can span."


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [0.0, -0.1, 1.01, math.nan, True, "0.95"])
def test_fraction_must_be_a_share(bad):
    with pytest.raises(InputError, match=r"^pca95: `fraction` must be "):
        pca95(np.eye(4), fraction=bad)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, None])
def test_noise_and_distortion_must_be_positive(bad):
    with pytest.raises(InputError, match=r"^ridge_dimension: `mu` must be "):
        ridge_dimension(np.eye(4), mu=bad)
    with pytest.raises(InputError, match=r"^water_filling_rank: `distortion` must be "):
        water_filling_rank(np.eye(4), distortion=bad)


def test_fraction_one_is_the_rank():
    x = np.random.default_rng(0).normal(size=(30, 3)) @ np.ones((3, 8))
    x += np.random.default_rng(1).normal(size=(30, 2)) @ np.eye(2, 8)
    assert pca95(x, fraction=1.0).value == 3


def test_partial_paths_agree_with_the_full_spectrum(monkeypatch):
    monkeypatch.setattr("spikedim.dimension._estimation._PARTIAL_FROM", 64)
    monkeypatch.setattr("spikedim.dimension._leading._PAYS_FROM", 64)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 200)) * np.arange(1, 201.0) ** -1.2
    for samples in (x, (x * 40).clip(-128, 127).astype(np.int8), x[:100]):
        full = samples.astype(np.float64)
        lam = np.linalg.eigvalsh(np.cov(full.T))[::-1].clip(0)
        for fraction in (0.6, 0.8, 0.95):
            want = int(np.searchsorted(np.cumsum(lam) / lam.sum(), fraction)) + 1
            got = pca95(samples, fraction=fraction)
            assert got.value == want
            assert got.low <= want <= got.high
        ratio = participation_ratio(samples)
        assert ratio.value == pytest.approx(lam.sum() ** 2 / (lam**2).sum(), rel=1e-9)
        assert ratio.low < ratio.value < ratio.high


def test_two_nn_of_many_samples_uses_some_and_says_so(monkeypatch):
    monkeypatch.setattr("spikedim.dimension._two_nn._MOST_ROWS", 200)
    got = two_nn(np.random.default_rng(0).normal(size=(1000, 2)))
    assert got.notes[0] == "Measured on 200 random rows of 1000."
    assert got.n_samples == 1000
    assert got.value == pytest.approx(2, abs=0.6)


def test_two_nn_of_wide_samples_uses_what_fits_the_memory(monkeypatch):
    monkeypatch.setattr("spikedim.dimension._two_nn.DEFAULT_MEMORY_BUDGET", 32 * 50 * 120)
    got = two_nn(np.random.default_rng(0).normal(size=(300, 50)), replicates=0)
    assert got.notes[0] == "Measured on 120 random rows of 300."


def test_two_nn_ignores_repeated_rows():
    x = np.random.default_rng(0).normal(size=(100, 3))
    assert two_nn(np.repeat(x, 2, axis=0)).value == pytest.approx(two_nn(x).value)
