"""Fast paths beside plain formulas: numpy's covariance, its eigenvalues, no shortcuts."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from spikedim.dimension import (
    covariance_spectrum,
    effective_rank,
    participation_ratio,
    participation_ratio_corrected,
    pca95,
    ridge_dimension,
    stable_rank,
    two_nn,
    water_filling_rank,
)
from spikedim.dimension._leading import certified_leading

SHAPES = [(50, 5), (5, 50), (40, 41), (20, 1), (3, 2)]


def naive_spectrum(x):
    c = np.atleast_2d(np.cov(x.astype(np.float64), rowvar=False))
    return np.linalg.eigvalsh(c)[::-1].clip(0)


def samples(s, d, kind="f8", seed=0):
    rng = np.random.default_rng(seed)
    if kind in ("u1", "i1"):
        low, high = (0, 256) if kind == "u1" else (-128, 128)
        return rng.integers(low, high, size=(s, d)).astype(kind)
    return (rng.normal(size=(s, d)) * rng.uniform(0.1, 3, size=d) + 7).astype(kind)


@pytest.mark.parametrize(("s", "d"), SHAPES)
@pytest.mark.parametrize("kind", ["f8", "f4", "u1", "i1"])
def test_spectrum_matches_numpy(s, d, kind):
    x = samples(s, d, kind)
    got, want = covariance_spectrum(x), naive_spectrum(x)
    assert len(got.eigenvalues) == min(s, d)
    np.testing.assert_allclose(
        got.eigenvalues, want[: min(s, d)], rtol=1e-9, atol=1e-13 * want.sum()
    )
    assert got.total_variance == pytest.approx(want.sum(), rel=1e-12)
    assert got.squared_norm == pytest.approx((want**2).sum(), rel=1e-12)


@pytest.mark.parametrize("kind", ["f8", "f4", "u1", "i1", "i4"])
@pytest.mark.parametrize(("s", "d"), [(60, 7), (7, 60)])
def test_entry_statistics_match_numpy(s, d, kind):
    x = samples(s, d, kind)
    wide = x.astype(np.float64)
    got = covariance_spectrum(x)
    distance = np.linalg.norm(wide - wide.mean(axis=0), axis=1)
    assert got.mean == pytest.approx(wide.mean(), rel=1e-12)
    assert got.mean_square == pytest.approx((wide**2).mean(), rel=1e-12)
    assert (got.minimum, got.maximum) == (wide.min(), wide.max())
    assert got.norm_fourth_moment == pytest.approx((distance**4).mean(), rel=1e-5)


def test_fourth_moment_survives_a_large_offset():
    x = samples(300, 4) + 1e5
    distance = np.linalg.norm(x - x.mean(axis=0), axis=1)
    got = covariance_spectrum(x).norm_fourth_moment
    assert got == pytest.approx((distance**4).mean(), rel=1e-8)


@pytest.mark.parametrize(("s", "d"), SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dimensions_match_their_definitions(s, d, dtype):
    x = torch.from_numpy(samples(s, d)).to(dtype)
    lam = naive_spectrum(x.numpy())[: min(s, d)]
    p = lam[lam > 1e-12 * lam.sum()] / lam.sum()
    mu = 0.3
    assert participation_ratio(x).value == pytest.approx(lam.sum() ** 2 / (lam**2).sum(), rel=1e-9)
    assert effective_rank(x).value == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-9)
    assert stable_rank(x).value == pytest.approx(lam.sum() / lam.max(), rel=1e-9)
    assert ridge_dimension(x, mu=mu).value == pytest.approx((lam / (lam + mu)).sum(), rel=1e-9)
    k = next(k for k in range(1, len(lam) + 1) if lam[:k].sum() >= 0.95 * lam.sum())
    assert pca95(x).value == k


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.7, 0.999, 1.0, 2.0])
def test_water_filling_matches_bisection(share):
    lam = naive_spectrum(x := samples(80, 9))
    distortion = share * lam.sum()
    low, high = 0.0, lam.max()
    for _ in range(200):
        level = (low + high) / 2
        low, high = (level, high) if np.minimum(level, lam).sum() < distortion else (low, level)
    want = int((lam > high * (1 + 1e-12)).sum())
    assert water_filling_rank(x, distortion=distortion).value == want


def test_corrected_ratio_matches_sums_over_distinct_samples():
    # Unbiased by construction: averages of products over all distinct indices.
    x = samples(9, 4)
    n = len(x)
    g = x @ x.T
    rows = range(n)
    pairs = [(i, j) for i in rows for j in rows if i != j]
    triples = [(i, j, k) for i, j in pairs for k in rows if k not in (i, j)]
    quads = [(i, j, k, m) for i, j, k in triples for m in rows if m not in (i, j, k)]

    def mean(values):
        return float(np.mean(list(values)))

    square = (
        mean(g[i, j] ** 2 for i, j in pairs)
        - 2 * mean(g[i, j] * g[j, k] for i, j, k in triples)
        + mean(g[i, j] * g[k, m] for i, j, k, m in quads)
    )
    trace = (
        mean(g[i, i] * g[j, j] for i, j in pairs)
        - 2 * mean(g[i, i] * g[j, k] for i, j, k in triples)
        + mean(g[i, j] * g[k, m] for i, j, k, m in quads)
    )
    assert participation_ratio_corrected(x).value == pytest.approx(min(trace / square, 4), rel=1e-9)


@pytest.mark.parametrize("kind", ["f8", "f4"])
@pytest.mark.parametrize("fraction", [0.5, 0.9, 0.95, 0.999])
def test_pca95_is_scikit_learns(kind, fraction):
    x = samples(200, 30, kind)
    want = PCA(fraction, svd_solver="full").fit(x).n_components_
    assert pca95(x, fraction=fraction).value == want


def test_participation_ratio_is_scikit_dimensions():
    from skdim.id import lPCA

    x = samples(200, 20)
    want = lPCA(ver="participation_ratio").fit(x).dimension_
    assert participation_ratio(x).value == pytest.approx(want, rel=1e-12)


def test_two_nn_is_scikit_dimensions():
    from skdim.id import TwoNN

    x = samples(300, 5)
    assert two_nn(x).value == pytest.approx(TwoNN().fit(np.unique(x, axis=0)).dimension_, rel=1e-9)


@pytest.mark.parametrize("fraction", [0.3, 0.7, 0.9])
def test_certified_leading_part_settles_the_same_threshold(fraction):
    decay = np.arange(1.0, 401.0) ** -1.5
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(400, 400)))[0]
    matrix = torch.from_numpy((q * decay) @ q.T)
    leading = certified_leading(matrix, fraction, rank=100)
    assert leading is not None
    want = int(np.searchsorted(np.cumsum(decay) / decay.sum(), fraction)) + 1
    held = np.cumsum(leading) / matrix.trace().item()
    assert int(np.searchsorted(held, fraction)) + 1 == want
    assert (leading <= decay[:100] * (1 + 1e-9)).all()


def test_leading_part_admits_that_it_cannot_decide():
    flat = torch.eye(300, dtype=torch.float64)
    assert certified_leading(flat, 0.2, rank=100) is None
    assert certified_leading(flat, 0.5, rank=100) is None
