"""A sketch does not depend on how the samples were cut, ordered or distributed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikedim.dimension import CovarianceSketch
from spikedim.dimension._certificate import certified_rank


@st.composite
def sample_matrices(draw):
    n_samples, n_features = draw(st.integers(6, 40)), draw(st.integers(2, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    decay = rng.random(n_features) ** draw(st.integers(0, 6)) + 1e-3
    return rng.normal(size=(n_samples, n_features)) * decay


def sketch(rows, *, rank, width, seed=1, reservoir=8):
    empty = CovarianceSketch.empty(width, rank, seed=seed, reservoir=reservoir)
    return empty.update(rows) if len(rows) else empty


def agree(one, two, x):
    """Compare all content of two sketches of the rows of `x`, within rounding."""
    scale = np.square(x - x.mean(axis=0)).sum() * 127 + 1e-300
    assert one.n_samples == two.n_samples
    np.testing.assert_allclose(one.product.numpy(), two.product.numpy(), rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(one.mean, two.mean, rtol=0, atol=1e-13 * abs(x).max())
    assert one.trace == pytest.approx(two.trace, rel=1e-11)
    assert np.array_equal(one.minimum, two.minimum)
    assert np.array_equal(one.maximum, two.maximum)


@given(sample_matrices(), st.data())
def test_batches_may_be_cut_anywhere(x, data):
    width, rank = x.shape[1], data.draw(st.integers(1, 12))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(x) - 1), max_size=4)))
    pieces = CovarianceSketch.empty(width, rank, seed=1, reservoir=8)
    for rows in np.split(x, cuts):
        pieces.update(rows)
    whole = sketch(x, rank=rank, width=width)
    agree(pieces, whole, x)
    assert np.array_equal(pieces.reservoir.ordered(), whole.reservoir.ordered())


@given(sample_matrices(), st.data())
def test_merging_is_commutative_and_associative(x, data):
    width, rank = x.shape[1], data.draw(st.integers(1, 12))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(x)), min_size=2, max_size=2)))
    parts = np.split(x, cuts)

    def shards():
        return (sketch(rows, rank=rank, width=width) for rows in parts)

    a, b, c = shards()
    left = a.merge(b).merge(c)
    a, b, c = shards()
    right = a.merge(b.merge(c))
    a, b, c = shards()
    swapped = c.merge(a).merge(b)
    agree(left, right, x)
    agree(left, swapped, x)
    agree(left, sketch(x, rank=rank, width=width), x)
    assert np.array_equal(left.reservoir.ordered(), right.reservoir.ordered())
    assert np.array_equal(np.sort(left.reservoir.priorities), np.sort(swapped.reservoir.priorities))


@given(sample_matrices(), st.floats(-10, 10))
def test_ignores_a_large_offset(x, sign):
    moved = x + 1e6 * np.sign(sign)
    width = x.shape[1]
    got = sketch(moved, rank=6, width=width).spectrum(replicates=0)
    want = sketch(x, rank=6, width=width).spectrum(replicates=0)
    np.testing.assert_allclose(
        got.eigenvalues, want.eigenvalues, rtol=1e-6, atol=1e-7 * want.total_variance
    )
    assert got.total_variance == pytest.approx(want.total_variance, rel=1e-7)


@given(sample_matrices(), st.integers(0, 2**31), st.integers(1, 25))
def test_eigenvalues_are_lower_bounds_and_the_trace_is_exact(x, seed, rank):
    want = np.linalg.eigvalsh(np.atleast_2d(np.cov(x.T)))[::-1]
    got = sketch(x, rank=rank, width=x.shape[1], seed=seed).spectrum(replicates=0)
    known = len(got.eigenvalues)
    assert (np.diff(got.eigenvalues) <= 0).all()
    assert (got.eigenvalues >= 0).all()
    assert (got.eigenvalues <= want[:known] + 1e-9 * want[0]).all()
    assert got.total_variance == pytest.approx(want.sum(), rel=1e-10)
    assert got.missing_variance == pytest.approx(
        want.sum() - got.eigenvalues.sum(), abs=1e-9 * want.sum()
    )


@given(sample_matrices(), st.floats(0.05, 1.0), st.integers(1, 25))
def test_certified_ends_are_ordered_and_grow_with_the_fraction(x, fraction, rank):
    spectrum = sketch(x, rank=rank, width=x.shape[1]).spectrum(replicates=0)
    low, high = certified_rank(spectrum, fraction)
    assert 1 <= low <= min(len(x) - 1, x.shape[1])
    assert high is None or low <= high <= len(spectrum.eigenvalues)
    assert certified_rank(spectrum, fraction / 2)[0] <= low
