import math

import numpy as np
import pytest
from scipy import stats

from spikedim._core import InputError
from spikedim.circuits import (
    factory_variance,
    taylor_bias,
    taylor_order,
    taylor_steps,
    taylor_variance,
)


@pytest.mark.parametrize("half_range", [0.01, 0.5, 1.0, 2.7, 5.0, 27.0])
@pytest.mark.parametrize("error", [0.9, 0.1, 1e-3, 1e-9])
def test_order_is_the_smallest_that_is_enough(half_range, error):
    order = taylor_order(half_range=half_range, error=error)
    assert stats.poisson.sf(order, 2 * half_range) <= error
    assert order == 1 or stats.poisson.sf(order - 1, 2 * half_range) > error


def test_order_reaches_as_far_down_as_orders_go():
    order = taylor_order(half_range=1.0, error=1e-17)
    assert stats.poisson.sf(order, 2.0) <= 1e-17 < stats.poisson.sf(order - 1, 2.0)
    with pytest.raises(InputError, match=r"`error` must be at least .*, that of order 128, for a"):
        taylor_order(half_range=27.0, error=1e-30)


def test_steps_beyond_every_run_are_refused():
    assert taylor_steps(half_range=1.0, epsilon_relative=1.6e-6) <= 2**40
    with pytest.raises(
        InputError,
        match=r"`epsilon_relative` must be at least 1\.57e-06, which takes 2\*\*40 steps",
    ):
        taylor_steps(half_range=1.0, epsilon_relative=1.5e-6)
    with pytest.raises(InputError, match=r"got 1e-200\. Narrow `half_range`\."):
        taylor_steps(half_range=1.0, epsilon_relative=1e-200)


def test_an_exponent_just_outside_is_shown_with_all_digits():
    with pytest.raises(InputError, match=r"got values from 1\.0000002 to 1\.0000002\. Widen"):
        taylor_bias([1.0000002], half_range=1.0, order=3)


@pytest.mark.parametrize("error", [0.0, -1.0, 1.0, 2.0])
def test_order_refuses_an_error_outside_the_open_unit_interval(error):
    with pytest.raises(InputError, match=r"^taylor_order: `error` must be"):
        taylor_order(half_range=1.0, error=error)


@pytest.mark.parametrize("half_range", [0.0, -1.0, math.inf, math.nan])
def test_half_range_must_be_positive_and_finite(half_range):
    with pytest.raises(InputError, match=r"^taylor_steps: `half_range` must be"):
        taylor_steps(half_range=half_range, epsilon_relative=0.1)


def test_half_range_beyond_which_no_steps_help_is_refused():
    assert math.exp(27) < 2**40 < math.exp(28)
    with pytest.raises(InputError, match=r"`half_range` must be at most 27; got 27\.5"):
        taylor_steps(half_range=27.5, epsilon_relative=0.1)


def test_bias_is_what_the_missing_terms_add_up_to():
    half_range, order = 1.5, 4
    z = np.linspace(-1.5, 1.5, 7)
    rates = (z + half_range) / (2 * half_range)
    terms = [
        math.exp(-half_range) * (2 * half_range * rates) ** j / math.factorial(j)
        for j in range(order + 1)
    ]
    got = taylor_bias(z, half_range=half_range, order=order)
    np.testing.assert_allclose(got, sum(terms) - np.exp(z), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("streams", ["fresh", "nested"])
def test_variance_matches_its_double_sum(streams):
    half_range, order, steps = 1.3, 6, 10
    z = np.array([-1.3, -0.7, 0.0, 0.4, 1.3])
    r = (z + half_range) / (2 * half_range)
    c = [(2 * half_range) ** j / math.factorial(j) for j in range(order + 1)]
    want = np.zeros_like(z)
    for i in range(order + 1):
        for j in range(order + 1):
            if streams == "nested" or i == j:
                want += c[i] * c[j] * (r ** max(i, j) - r ** (i + j))
    want *= math.exp(-2 * half_range) / steps
    got = taylor_variance(z, half_range=half_range, order=order, steps=steps, streams=streams)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": 0}, r"`order` must be an integer >= 1; got 0"),
        ({"order": 129}, r"`order` must be at most 128; got 129"),
        ({"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        ({"streams": "shared"}, r"`streams` must be one of fresh, nested; got 'shared'"),
        ({"z": [2.5]}, r"`z` must lie in \[-2, 2\]; got values from 2\.5 to 2\.5"),
        ({"z": [math.nan]}, r"`z` must be finite"),
        ({"z": []}, r"`z` must have no empty axis"),
    ],
)
def test_variance_refuses(change, message):
    good = {"z": [0.0], "half_range": 2.0, "order": 9, "steps": 4, "streams": "fresh"}
    call = good | change
    with pytest.raises(InputError, match=f"^taylor_variance: {message}"):
        taylor_variance(call.pop("z"), **call)


def test_factory_variance_is_that_of_a_scaled_coin():
    z = np.array([-2.0, 0.5, 2.0])
    p = np.exp(z - 2)
    got = factory_variance(z, half_range=2.0, steps=8)
    np.testing.assert_allclose(got, np.exp(4) * p * (1 - p) / 8, rtol=1e-12, atol=1e-15)
