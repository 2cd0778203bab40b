"""The certificate of a sketch brackets the exact rank, and its parts are true and sharp."""

import math

import numpy as np
import pytest
import torch

from spikedim.dimension import CovarianceSketch, Spectrum, pca95
from spikedim.dimension._certificate import (
    FAILURE,
    certified_rank,
    frobenius_factor,
    norm_factor,
)
from spikedim.dimension._nystrom import bound_residual, nystrom
from spikedim.dimension._test_matrix import gaussian_vectors, sketch_matrix

D = 120
SPECTRA = {
    "power law 0.5": np.arange(1.0, D + 1) ** -0.5,
    "power law 1": np.arange(1.0, D + 1) ** -1,
    "power law 2": np.arange(1.0, D + 1) ** -2,
    "flat": np.ones(D),
    "plateaus": np.repeat([100.0, 10.0, 1.0, 0.1], D // 4),
    "low rank + noise": np.r_[np.full(12, 1.0), np.full(D - 12, 2e-3)],
    "one axis": np.r_[1e3, np.full(D - 1, 1e-3)],
    "low rank": np.r_[np.arange(10.0, 0, -1), np.zeros(D - 10)],
}
FRACTIONS = (0.5, 0.8, 0.9, 0.95, 0.99)


class Stream:
    layer, fingerprint, scale, offset, group_size = "x", "", 1.0, 0.0, 1
    rereadable = True

    def __init__(self, x):
        self.x, self.shape = x, x.shape

    def batches(self, batch_size=None):  # noqa: ARG002
        yield from np.array_split(self.x, 3)


def draw(name, seed, n_samples=300):
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(D, D)))[0]
    x = rng.normal(size=(n_samples, D)) * np.sqrt(SPECTRA[name]) @ axes + rng.normal(size=D)
    return x, np.clip(np.linalg.eigvalsh(np.cov(x.T))[::-1], 0, None)


def spectra(x, rank, seed, dtype="float64"):
    """Yield what one, two and three passes know."""
    sketch = CovarianceSketch.empty(D, rank, seed=seed, dtype=dtype).update(x)
    yield sketch.spectrum(replicates=0)
    for passes in (2, 3):
        yield sketch.spectrum(stream=Stream(x), passes=passes, replicates=0)


@pytest.mark.parametrize(
    ("rank", "dtype"), [(8, "float64"), (40, "float64"), (40, "float32"), (90, "float64")]
)
@pytest.mark.parametrize("name", SPECTRA)
def test_certificate_brackets_the_exact_rank_and_values_are_lower_bounds(name, rank, dtype):
    tolerance = {"float64": 1e-12, "float32": 1e-6}[dtype]
    for seed in range(2):
        x, want = draw(name, seed)
        held = want.cumsum() / want.sum()
        for got in spectra(x, rank, seed, dtype):
            known = len(got.eigenvalues)
            assert (got.eigenvalues <= want[:known] + tolerance * want[0]).all()
            share = got.eigenvalues.sum() / got.total_variance
            for fraction in FRACTIONS:
                # A rank decided by less than the stated rounding allowance may go either way.
                least = int((held < fraction - 3e-6).sum()) + 1
                most = int((held < fraction + 3e-6).sum()) + 1
                low, high = certified_rank(got, fraction)
                assert low <= most
                assert high is None or high >= least
                assert (high is None) == (share < fraction + 1e-6)


@pytest.mark.parametrize("name", SPECTRA)
def test_later_passes_never_know_less(name):
    x, want = draw(name, 5)
    one, two, three = spectra(x, 20, 5)
    slack = 1e-9 * want.sum()
    assert two.missing_variance <= one.missing_variance + slack
    assert three.missing_variance <= two.missing_variance + slack


def test_a_gap_makes_the_certificate_tight():
    x, want = draw("low rank + noise", 0)
    exact = int((want.cumsum() < 0.8 * want.sum()).sum()) + 1
    _one, two, three = spectra(x, 40, 0)
    assert certified_rank(two, 0.8) == certified_rank(three, 0.8) == (exact, exact)


def test_bounds_on_the_residual_hold_for_the_true_residual():
    for seed in range(10):
        x, _ = draw("power law 1", seed)
        scatter = torch.from_numpy(np.cov(x.T))
        omega = torch.from_numpy(sketch_matrix(D, 20, seed=seed))
        tests = torch.from_numpy(gaussian_vectors(D, 32, seed=seed))
        product = torch.cat([scatter @ omega.double(), scatter @ tests], dim=1)
        fit = nystrom(product, omega, tests)
        basis = (product[:, :20] + fit.shift * omega) @ fit.transform
        rest = scatter - basis * torch.from_numpy(fit.captured.eigenvalues) @ basis.T
        values = torch.linalg.eigvalsh(rest)
        assert float(values.min()) > -1e-12
        assert float(values.max()) <= fit.captured.residual_norm
        frobenius = float(torch.linalg.matrix_norm(rest))
        assert frobenius <= fit.captured.residual_frobenius <= 4 * frobenius


def test_bounds_after_a_second_pass_hold_for_the_true_blocks():
    x, want = draw("power law 1", 3)
    got = CovarianceSketch.empty(D, 20, seed=3).update(x)
    two = got.spectrum(stream=Stream(x), passes=2, replicates=0)
    # ||A||^2 = ||B||^2 + 2 ||C||^2 + ||G||^2 for the blocks of A.
    blocks = (two.eigenvalues**2).sum() + 2 * two.residual_coupling**2 + two.residual_frobenius**2
    assert (want**2).sum() <= blocks
    # Interlacing: the largest eigenvalue outside 20 dimensions is at least the 21st.
    assert two.residual_norm >= want[20]
    assert two.residual_norm <= 8 * want[20]


def test_failure_probabilities_are_those_claimed():
    """Monte Carlo at 2 vectors, where the bounds fail often enough to count if they were off."""
    rng = np.random.default_rng(0)
    draws = 200_000
    squares = rng.chisquare(2, size=draws)  # |E w|^2 summed over 2 vectors, E of rank one
    for factor, value in (
        (norm_factor(2), np.sqrt(squares)),
        (frobenius_factor(2), np.sqrt(squares / 2)),
    ):
        assert (value * factor < 1).mean() <= 10 * FAILURE
    # Rank one is the worst case of the Frobenius bound: the exact tail is 1 - exp(-t).
    t = frobenius_factor(2) ** -2
    assert 1 - math.exp(-t) <= FAILURE <= 3 * (1 - math.exp(-t))


@pytest.mark.parametrize("count", [8, 32, 100])
def test_factors_fall_with_more_vectors(count):
    assert norm_factor(2 * count) < norm_factor(count)
    assert 1 < frobenius_factor(2 * count) < frobenius_factor(count)
    t = frobenius_factor(count) ** -2
    assert (t * math.exp(1 - t)) ** (count / 2) == pytest.approx(FAILURE, rel=1e-6)


@pytest.mark.parametrize("name", ["power law 1", "low rank + noise", "one axis"])
def test_squared_norm_is_estimated_without_bias(name):
    x, want = draw(name, 0)
    estimates = np.array([next(spectra(x, 20, seed)).squared_norm for seed in range(25)])
    error = estimates.std(ddof=1) / math.sqrt(len(estimates))
    assert abs(estimates.mean() - (want**2).sum()) <= 4 * error + 1e-9 * (want**2).sum()


def test_certified_greater_than_the_rank_of_the_sketch():
    # 10 axes of variance 1 known, 90 of variance at most 1 unknown: 0.95 needs 95 of 100.
    spectrum = Spectrum(
        np.ones(10),
        100.0,
        100.0,
        1000,
        100,
        "x",
        method="sketch",
        missing_variance=90.0,
        residual_norm=1.0,
    )
    assert certified_rank(spectrum, 0.95) == (85, None)


@pytest.mark.parametrize("size", [1e-12, 1e-9, 1e-8])
def test_a_residual_lost_in_rounding_is_still_bounded(size):
    """Beside an axis of 1, |E w|^2 is a difference of squares and comes out near 0 or below."""
    tests = torch.from_numpy(gaussian_vectors(D, 32, seed=0))
    whole = torch.diag(torch.cat([torch.ones(1), torch.full((D - 1,), size)]).double()) @ tests
    norms = whole.square().sum(dim=0)
    norm, frobenius, _ = bound_residual(norms - whole[0].square(), norms, torch.float64)
    assert norm >= size
    assert frobenius >= size * math.sqrt(D - 1)


def test_sums_that_meet_the_fraction_exactly_count_the_same_everywhere():
    for count in range(2, 40):
        spectrum = Spectrum(np.full(count, 0.1), 0.1 * count, 0.01 * count, 500, count, "x")
        for k in range(1, count + 1):
            assert certified_rank(spectrum, k / count) == (k, k)
            assert pca95(spectrum, fraction=k / count).value == k
