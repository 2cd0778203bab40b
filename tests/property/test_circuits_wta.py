"""What is always true of the winner-take-all circuits."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spikedim.circuits import (
    SoftmaxMode,
    cup,
    published_diagonal_wta,
    published_subtractive_wta,
    race,
    softmax,
    sparsemax,
)

logit = st.one_of(
    st.floats(-6, 6),
    st.sampled_from([0.0, 1.0, -1.0]),  # ties
    st.floats(-800, 800),  # one-hot, underflow
    st.just(-np.inf),
)


@st.composite
def rows(draw, most=12):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    z = draw(hnp.arrays(float, (*shape[:-1], draw(st.integers(1, most))), elements=logit))
    assume(not np.isneginf(z).all(axis=-1).any())
    return z


steps = st.integers(1, 300)
seeds = st.integers(0, 2**31)


def rng(seed):
    return np.random.default_rng(seed)


@given(rows(), steps, seeds)
def test_race_and_cup_spend_exactly_one_spike_per_step(z, count, seed):
    for result in (race(z, steps=count, generator=rng(seed)), cup(z, steps=count)):
        assert (result.row_spikes == count).all()
        assert result.spikes[0].spikes == count * result.row_spikes.size
        assert not result.silent.any()


@given(rows(), steps, seeds)
@settings(max_examples=60)
def test_values_are_shares_and_masks_never_spike(z, count, seed):
    results = [
        *(softmax(z, mode=mode, steps=count, generator=rng(seed)) for mode in SoftmaxMode),
        sparsemax(z, steps=count),
        published_subtractive_wta(z, steps=count),
    ]
    for result in results:
        assert result.value.shape == z.shape
        assert (result.value[np.isneginf(z)] == 0).all()
        np.testing.assert_allclose(result.value.sum(axis=-1), ~result.silent, atol=1e-12)
        assert (result.value >= 0).all()
    diagonal = published_diagonal_wta(z, steps=count).value
    assert (diagonal[np.isneginf(z)] == 0).all()
    assert ((diagonal >= 0) & (diagonal <= 1)).all()


@given(rows(), steps)
def test_cup_never_breaks_its_bounds(z, count):
    result = cup(z, steps=count)
    assert result.certificate.holds is True
    alive = (result.target > 0).sum(axis=-1, keepdims=True)
    harmonic = np.cumsum(1 / np.arange(1, z.shape[-1] + 1))[alive - 1]
    owed = count * (result.target - result.value)
    assert (owed >= -(1 - 1 / alive) - 1e-9).all()
    assert (owed <= harmonic - 1 + 1e-9).all()


@given(rows(), steps, st.sampled_from([0.005, 0.02, 0.08]))
def test_sparsemax_never_breaks_its_bound(z, count, gain):
    result = sparsemax(z, steps=count, gain=gain)
    assert result.certificate.holds is True
    assert (result.row_spikes >= count).all()  # the inhibition never falls below its start


@given(rows(), steps, seeds)
@settings(max_examples=50)
def test_a_race_keeps_its_bound(z, count, seed):
    assert race(z, steps=count, generator=rng(seed)).certificate.holds is True


@given(rows(), st.integers(1, 40), seeds)
def test_race_is_equivariant_under_permuted_noise(z, count, seed):
    z = z.reshape(-1, z.shape[-1])
    noise = rng(seed).random((count, *z.shape))
    down, across = rng(seed).permutation(z.shape[0]), rng(seed).permutation(z.shape[1])
    plain = race(z, steps=count, noise=noise).value
    moved = race(z[down][:, across], steps=count, noise=noise[:, down][:, :, across]).value
    np.testing.assert_array_equal(moved, plain[down][:, across])


@given(rows(), steps, seeds)
@settings(max_examples=40)
def test_rows_do_not_hear_each_other(z, count, seed):
    z = z.reshape(-1, z.shape[-1])
    order = rng(seed).permutation(len(z))
    for run in (cup, sparsemax, published_subtractive_wta, published_diagonal_wta):
        whole = run(z, steps=count).value
        np.testing.assert_array_equal(run(z[order], steps=count).value, whole[order])
        np.testing.assert_array_equal(run(z[0], steps=count).value, whole[0])


@given(rows(), steps, st.integers(-64, 64))
@settings(max_examples=40)
def test_only_differences_of_logits_matter(z, count, shift):
    z = np.round(z * 8) / 8  # so that the shift loses no digit
    for run in (cup, sparsemax, published_subtractive_wta, published_diagonal_wta):
        np.testing.assert_array_equal(run(z + shift, steps=count).value, run(z, steps=count).value)


@given(st.integers(1, 10), st.integers(1, 200), seeds)
def test_cup_is_equivariant_where_there_are_no_ties(n, count, seed):
    z = rng(seed).normal(size=n)
    order = rng(seed + 1).permutation(n)
    np.testing.assert_allclose(
        cup(z[order], steps=count).value, cup(z, steps=count).value[order], atol=1e-12
    )
