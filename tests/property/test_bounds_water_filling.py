"""Reverse water-filling keeps its own books."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikedim.bounds import gaussian_information_bits, reverse_water_filling

spectra = (
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=40)
    .map(np.array)
    .filter(lambda values: values.max() > 1e-6)
)
fractions = st.floats(1e-9, 2.0)


@given(spectra, fractions)
def test_the_error_spent_is_the_budget_or_all_the_variance(spectrum, fraction):
    budget = fraction * spectrum.sum()
    got = reverse_water_filling(eigenvalues=spectrum, distortion=budget)
    assert got.distortion == pytest.approx(min(budget, spectrum.sum()), rel=1e-12)
    assert np.minimum(got.level, spectrum).sum() == pytest.approx(got.distortion, rel=1e-9)


@given(spectra, fractions)
def test_active_modes_are_those_above_the_level_and_pay_the_bits(spectrum, fraction):
    got = reverse_water_filling(eigenvalues=spectrum, distortion=fraction * spectrum.sum())
    assert got.bits >= 0
    assert (spectrum > got.level * (1 + 1e-9)).sum() <= got.active
    assert got.active <= (spectrum >= got.level * (1 - 1e-9)).sum()
    paid = 0.5 * np.log2(np.maximum(spectrum / got.level, 1)).sum()
    assert got.bits == pytest.approx(paid, rel=1e-9, abs=1e-7)


@given(spectra, fractions, st.floats(1.0, 10.0))
def test_more_error_costs_fewer_bits(spectrum, fraction, factor):
    budget = fraction * spectrum.sum()
    bits = gaussian_information_bits(eigenvalues=spectrum, distortion=budget).value
    fewer = gaussian_information_bits(eigenvalues=spectrum, distortion=budget * factor).value
    assert fewer <= bits * (1 + 1e-9) + 1e-9


@given(spectra, fractions, st.floats(1e-3, 1e3))
def test_bits_do_not_depend_on_the_unit(spectrum, fraction, unit):
    budget = fraction * spectrum.sum()
    bits = gaussian_information_bits(eigenvalues=spectrum, distortion=budget).value
    scaled = gaussian_information_bits(eigenvalues=spectrum * unit, distortion=budget * unit).value
    assert scaled == pytest.approx(bits, rel=1e-7, abs=1e-7)


@given(spectra, fractions, st.randoms(use_true_random=False))
def test_order_of_the_eigenvalues_does_not_matter(spectrum, fraction, random):
    budget = fraction * spectrum.sum()
    shuffled = spectrum.tolist()
    random.shuffle(shuffled)
    want = reverse_water_filling(eigenvalues=spectrum, distortion=budget)
    assert reverse_water_filling(eigenvalues=shuffled, distortion=budget) == want


@given(spectra, fractions)
def test_no_other_split_of_the_error_is_cheaper(spectrum, fraction):
    # Move a little error from one mode to another: the bits can only rise (convexity).
    got = reverse_water_filling(eigenvalues=spectrum, distortion=fraction * spectrum.sum())
    split = np.minimum(got.level, spectrum)
    giver, taker = int(split.argmax()), int(spectrum.argmin())
    moved = min(split[giver] / 2, (spectrum - split)[taker])
    if giver == taker or moved <= 0:
        return
    other = split.copy()
    other[giver] -= moved
    other[taker] += moved
    paying = spectrum > 0
    cost = 0.5 * np.log2(spectrum[paying] / other[paying]).sum()
    assert cost >= got.bits - 1e-7
