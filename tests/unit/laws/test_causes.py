"""Where intervals come from."""

import math

import numpy as np
import pytest
from scipy import stats
from tests.planning_examples import (
    example_estimate,
    example_inputs,
    example_spectrum,
    example_subsets,
)

from spikedim.laws import Assumed, Reconstructed, Wiener, combine, evaluate


def names(row):
    return [cause.name for cause in row.causes]


def test_independent_causes_add_in_quadrature_on_the_log_axis():
    low, high = combine(10.0, [(5.0, 20.0), (2.5, 40.0)])
    assert math.log(10 / low) == pytest.approx(math.hypot(math.log(2), math.log(4)))
    assert math.log(high / 10) == pytest.approx(math.hypot(math.log(2), math.log(4)))


def test_order_of_the_ends_does_not_matter():
    assert combine(4.0, [(8.0, 2.0)]) == pytest.approx((2.0, 8.0))


def test_no_cause_is_no_interval():
    assert combine(4.0, []) == (4.0, 4.0)


def test_an_end_at_zero_opens_the_interval_down_to_zero():
    assert combine(4.0, [(0.0, 4.0)]) == (0.0, 4.0)


def test_zero_steps_take_the_widest_upper_end():
    assert combine(0.0, [(0.0, 3.0), (0.0, 5.0)]) == (0.0, 5.0)


def test_sampling_cause_is_the_delete_d_jackknife():
    spectrum = example_subsets(example_spectrum(), size=250, spread=0.1, count=8)
    inputs = example_inputs(spectrum=spectrum)
    row = evaluate(Wiener(), inputs)
    on_subsets = [
        evaluate(
            Wiener(),
            example_inputs(
                spectrum=example_spectrum(part.eigenvalues, n_samples=250),
                reference_rms=inputs.reference_rms,
            ),
        ).unrounded
        for part in spectrum.subsets
    ]
    variance = np.var(on_subsets, ddof=1) * 250 / (1000 - 250)
    half = stats.t.ppf(0.975, 7) * math.sqrt(variance)
    (cause,) = row.causes
    assert cause.name == "sampling of the spectrum"
    assert cause.high - row.unrounded == pytest.approx(half, rel=1e-9)
    assert row.unrounded - cause.low == pytest.approx(half, rel=1e-9)


def test_too_few_subsets_give_no_sampling_cause():
    few = example_subsets(example_spectrum(), count=3)
    assert evaluate(Wiener(), example_inputs(spectrum=few)).causes == ()


def test_given_rate_is_no_cause():
    given = example_inputs(rate=Assumed(0.2, 0.2, 0.2, "given"))
    assert "firing rate" not in names(evaluate(Reconstructed(), given))
    assert "firing rate" in names(evaluate(Reconstructed(), example_inputs()))


def test_rate_moves_steps_but_not_spikes_of_the_reconstructed_rule():
    rate = next(c for c in evaluate(Reconstructed(), example_inputs()).causes if "rate" in c.name)
    assert rate.high / rate.low == pytest.approx(3)
    assert rate.low * rate.low_rate == pytest.approx(rate.high * rate.high_rate)


def test_constant_has_its_published_interval():
    row = evaluate(Reconstructed(), example_inputs())
    cause = next(c for c in row.causes if c.name == "constant C")
    assert cause.low / row.unrounded == pytest.approx(1.9 / 2.3)
    assert cause.high / row.unrounded == pytest.approx(2.7 / 2.3)


def test_dimension_that_still_rises_reaches_up_to_its_extrapolation():
    rising = example_estimate(value=10.0, low=9.5, high=10.5, still_rising=True, extrapolated=20.0)
    row = evaluate(Reconstructed(), example_inputs(dimension=rising))
    cause = next(c for c in row.causes if c.name == "d_eff still rising")
    assert cause.high / row.unrounded == pytest.approx(2)
    settled = example_estimate(value=10.0, low=9.5, high=10.5, extrapolated=20.0)
    calm = evaluate(Reconstructed(), example_inputs(dimension=settled))
    assert "d_eff still rising" not in names(calm)
    assert calm.high < row.high


def test_dominant_cause_comes_first():
    row = evaluate(Reconstructed(), example_inputs())
    assert names(row)[0] == "firing rate"
