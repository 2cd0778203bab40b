"""What no data, rate or target can break."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.planning_examples import example_estimate, example_inputs, example_spectrum

from spikedim._core import AssumptionError
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.laws import (
    Assumed,
    Reconstructed,
    Wiener,
    all_laws,
    combine,
    epsilon_at,
    evaluate,
    subspace_steps,
    whole_steps,
    wiener_error,
    wiener_steps,
)

# Strategies draw plain numbers; the objects are built inside the tests, because the type hook of
# the test run must not act while hypothesis draws.
SPECTRA = st.fixed_dictionaries(
    {
        "size": st.integers(2, 40),
        "decay": st.floats(0.0, 4.0),
        "scale": st.floats(1e-6, 0.2),
        "mean": st.floats(0.1, 0.9),
        "spread": st.floats(0.1, 1.0),
    }
)


def ordered(low, high):
    return st.tuples(*[st.floats(low, high)] * 3).map(sorted)


INPUTS = st.fixed_dictionaries(
    {
        "spectrum": SPECTRA,
        "epsilon": st.floats(1e-4, 1.0),
        "kind": st.sampled_from(["rms", "fro", "relative"]),
        "rate": ordered(0.01, 1.0),
        "lipschitz": ordered(0.1, 10.0),
        "dimension": ordered(1.0, 500.0),
    }
)
LAWS = st.sampled_from([law.name for law in all_laws()])


def law_of(name):
    return next(law for law in all_laws() if law.name == name)


def steps_of(law, inputs):
    """T before rounding up; infinite below the floor of a law."""
    try:
        return law.unrounded_steps(inputs)
    except AssumptionError as error:
        if "no number of steps" not in str(error):
            raise
        return math.inf


def spectrum_of(case):
    mean = case["mean"]
    return example_spectrum(
        case["scale"] * np.arange(1, case["size"] + 1) ** -case["decay"],
        mean=mean,
        rate_variance=mean * (1 - mean) * case["spread"],
    )


def inputs_of(case):
    d_low, d_eff, d_high = case["dimension"]
    r_low, rate, r_high = case["rate"]
    l_low, gain, l_high = case["lipschitz"]
    return example_inputs(
        spectrum=spectrum_of(case["spectrum"]),
        epsilon=Epsilon(case["epsilon"], EpsilonKind(case["kind"])),
        rate=Assumed(rate, r_low, r_high, "given"),
        lipschitz=Assumed(gain, l_low, l_high, "given"),
        dimension=example_estimate(value=d_eff, low=d_low, high=d_high),
    )


BELOW_THE_FLOOR = {
    "spectrum": {"size": 20, "decay": 0.0, "scale": 0.125, "mean": 0.5, "spread": 1.0},
    "epsilon": 0.5,
    "kind": "fro",
    "rate": [1.0, 1.0, 1.0],
    "lipschitz": [1.0, 1.0, 2.0],
    "dimension": [1.0, 1.0, 1.0],
}


@given(LAWS, INPUTS)
@example("subspace", BELOW_THE_FLOOR)
def test_interval_contains_the_answer(law, case):
    law = law_of(law)
    inputs = inputs_of(case)
    row = evaluate(law, inputs)
    if row.reason:  # some L of its range is below what the law's projection loses for good
        assert row.steps is row.low is row.high is None
        gains = (inputs.lipschitz.low, inputs.lipschitz.value, inputs.lipschitz.high)
        assert max(steps_of(law, inputs.with_lipschitz(gain)) for gain in gains) > 1e15
        return
    assert 1 <= row.low <= row.steps <= row.high
    assert row.spikes_low <= row.spikes * (1 + 1e-12)
    assert row.spikes <= row.spikes_high * (1 + 1e-12)


@given(LAWS, INPUTS, st.floats(1.0, 100.0))
def test_steps_never_rise_with_epsilon(law, case, factor):
    law = law_of(law)
    inputs = inputs_of(case)
    looser = inputs.with_epsilon(inputs.epsilon.value * factor)
    here, there = steps_of(law, inputs), steps_of(law, looser)
    assert there <= here * (1 + 1e-9)


@given(LAWS, INPUTS, st.floats(1.0, 10.0))
def test_steps_never_fall_with_lipschitz_at_an_absolute_error(law, case, factor):
    law = law_of(law)
    inputs = inputs_of(case)
    assume(inputs.epsilon.kind is not EpsilonKind.RELATIVE)
    steeper = inputs.with_lipschitz(inputs.lipschitz.value * factor)
    assert steps_of(law, steeper) >= steps_of(law, inputs) * (1 - 1e-9)


@given(LAWS, INPUTS, st.floats(0.1, 10.0))
def test_lipschitz_cancels_in_a_relative_error(law, case, factor):
    law = law_of(law)
    inputs = inputs_of(case)
    relative = replace(inputs, epsilon=Epsilon(0.05, EpsilonKind.RELATIVE))
    steeper = relative.with_lipschitz(relative.lipschitz.value * factor)
    assert steps_of(law, steeper) == pytest.approx(steps_of(law, relative), rel=1e-8)


@given(INPUTS, st.floats(1.0, 100.0))
def test_reconstructed_steps_grow_with_the_dimension(case, factor):
    inputs = inputs_of(case)
    law = Reconstructed()
    bigger = inputs.with_dimension(inputs.dimension.value * factor)
    want = law.unrounded_steps(inputs) * factor
    assert law.unrounded_steps(bigger) == pytest.approx(want, rel=1e-9)


# The error is 1 - 3e-6 of what the mean of the data alone would make.
ALL_BUT_THE_MEAN = {
    "spectrum": {"size": 25, "decay": 0.46875, "scale": 1e-06, "mean": 0.5, "spread": 0.375},
    "epsilon": 1.0,
    "kind": "relative",
    "rate": [1.0, 1.0, 1.0],
    "lipschitz": [1.0, 1.0, 1.0],
    "dimension": [1.0, 1.0, 1.0],
}


@given(LAWS, INPUTS, st.floats(0.5, 5000))
@example("wiener", ALL_BUT_THE_MEAN, 0.5)
def test_epsilon_at_inverts_the_law(law, case, steps):
    law = law_of(law)
    inputs = inputs_of(case)
    epsilon = epsilon_at(law, inputs, steps=steps)
    found = law.unrounded_steps(inputs.with_epsilon(epsilon))
    assert found == pytest.approx(steps, rel=1e-7)


@given(SPECTRA, st.floats(1e-6, 10))
def test_wiener_needs_no_more_than_a_decoder_that_knows_nothing(spectrum, distortion):
    spectrum = spectrum_of(spectrum)
    variance = spectrum.rate_variance
    wiener = wiener_steps(spectrum.eigenvalues, rate_variance=variance, distortion=distortion)
    plain = variance * spectrum.n_features / distortion
    assert wiener <= plain * (1 + 1e-9)


@given(st.integers(1, 30), st.floats(1e-3, 1e3), st.floats(0.01, 0.25))
def test_wiener_meets_the_subspace_theorem_when_the_signal_is_strong(rank, size, variance):
    # k equal eigenvalues, the rest 0: exactly T = v k / D - v / lambda.
    eigenvalues = np.r_[np.full(rank, size), np.zeros(7)]
    distortion = 1e-4 * rank * size
    wiener = wiener_steps(eigenvalues, rate_variance=variance, distortion=distortion)
    subspace = subspace_steps(rank=float(rank), rate_variance=variance, distortion=distortion)
    assert wiener == pytest.approx(subspace - variance / size, rel=1e-9)
    assert wiener == pytest.approx(subspace, rel=2e-4)


@given(SPECTRA, st.floats(1e-6, 1.0))
def test_wiener_error_is_between_nothing_and_the_total_variance(spectrum, noise):
    spectrum = spectrum_of(spectrum)
    error = wiener_error(spectrum.eigenvalues, noise=noise)
    assert 0 < error <= spectrum.total_variance * (1 + 1e-12)
    assert error <= noise * spectrum.n_features


@given(INPUTS, st.integers(1, 20))
def test_unseen_tail_of_a_spectrum_only_widens(case, kept):
    inputs = inputs_of(case)
    spectrum = inputs.spectrum
    kept = min(kept, spectrum.n_features - 1)
    cut = replace(
        spectrum,
        eigenvalues=spectrum.eigenvalues[:kept],
        method="sketch",
        missing_variance=float(spectrum.eigenvalues[kept:].sum()),
    )
    row = evaluate(Wiener(), replace(inputs, spectrum=cut))
    true = Wiener().unrounded_steps(inputs)
    assert row.unrounded >= true * (1 - 1e-8)
    assert row.low <= whole_steps(true * (1 + 1e-8))


@given(st.floats(1e-3, 1e6), st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6))))
def test_combined_interval_is_at_least_as_wide_as_every_cause(point, ends):
    low, high = combine(point, ends)
    assert low <= point <= high
    for pair in ends:
        assert low <= max(min(pair), 0) * (1 + 1e-9) or min(pair) >= point
        assert high >= max(pair) * (1 - 1e-9) or max(pair) <= point


@given(st.floats(0, 1e12))
def test_whole_steps_never_undercut_by_more_than_rounding(steps):
    whole = whole_steps(steps)
    assert whole >= 1
    assert whole >= steps * (1 - 1e-8)
    assert whole <= max(1, math.ceil(steps))


@given(case=INPUTS)
def test_no_projection_needs_fewer_steps_than_the_best_linear_decoder(case):
    inputs = inputs_of(case)
    projected = evaluate(law_of("subspace"), inputs)
    assume(projected.unrounded is not None)
    best = evaluate(law_of("wiener"), inputs)
    assert best.unrounded <= projected.unrounded * (1 + 1e-9)
