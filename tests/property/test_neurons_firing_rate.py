"""The f-I curve and its inverse undo each other."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spikedim.neurons import LIFParameters, Reset, drive_for_rate, firing_rate, rheobase

SOFT = st.sampled_from([Reset.SOFT_POST_LEAK, Reset.SOFT_CARRIED])
LEAK = st.one_of(st.just(1.0), st.floats(0.05, 0.97))


@given(SOFT, LEAK, st.integers(1, 40), st.integers(1, 40), st.integers(0, 3))
def test_a_rational_rate_comes_back_exactly(reset, leak, p, q, silent):
    assume(p <= q)
    assume(leak == 1 or (1 - leak) ** 2 * leak ** (q - 1) > 1e-9)  # a plateau doubles can hit
    neuron = LIFParameters(leak=leak, reset=reset, refractory_steps=silent, threshold=0.7)
    rate = p / (q + silent * p)
    assert firing_rate(drive_for_rate(rate, neuron), neuron) == pytest.approx(rate, abs=1e-12)


@given(SOFT, LEAK, st.floats(1e-3, 1.0))
def test_any_rate_lies_between_those_of_a_little_less_and_more_drive(reset, leak, rate):
    # Plateaus narrower than a double leave gaps, so the drive is bracketed and not the rate.
    neuron = LIFParameters(leak=leak, reset=reset)
    drive = drive_for_rate(rate, neuron)
    low, high = firing_rate(drive - 1e-8, neuron), firing_rate(drive + 1e-8, neuron)
    assert low - 1e-12 <= rate <= high + 1e-12


@pytest.mark.parametrize("hundredths", range(1, 100))
def test_a_rate_rounded_either_way_is_the_fraction_it_stands_for(hundredths):
    neuron = LIFParameters(leak=0.875)
    drive = drive_for_rate(hundredths / 100, neuron)
    for rounded in (math.nextafter(hundredths / 100, 0), math.nextafter(hundredths / 100, 1)):
        assert drive_for_rate(rounded, neuron) == pytest.approx(drive, abs=1e-12)


@given(LEAK, st.integers(1, 30), st.integers(0, 3), st.floats(-1.0, 0.5))
def test_a_hard_reset_reaches_one_over_whole_intervals(leak, interval, silent, v_reset):
    assume(leak == 1 or leak**interval > 1e-6)
    neuron = LIFParameters(leak=leak, reset=Reset.HARD, refractory_steps=silent, v_reset=v_reset)
    rate = 1 / (interval + silent)
    assert firing_rate(drive_for_rate(rate, neuron), neuron) == pytest.approx(rate, rel=1e-12)


@given(st.sampled_from(list(Reset)), LEAK, st.floats(-1, 3), st.floats(0, 1), st.integers(0, 2))
def test_more_drive_never_slows_a_neuron(reset, leak, drive, more, silent):
    neuron = LIFParameters(leak=leak, reset=reset, refractory_steps=silent)
    slow, fast = firing_rate(drive, neuron), firing_rate(drive + more, neuron)
    assert 0 <= slow <= fast <= 1 / (1 + silent)


@given(st.sampled_from(list(Reset)), LEAK, st.floats(1e-6, 1.0))
def test_firing_starts_at_the_rheobase(reset, leak, gap):
    neuron = LIFParameters(leak=leak, reset=reset)
    assert firing_rate(rheobase(neuron) - gap, neuron) == 0
    assert firing_rate(rheobase(neuron) + gap, neuron) > 0
