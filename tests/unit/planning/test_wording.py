"""Numbers as people read them."""

import pytest

from spikedim.bounds import Epsilon
from spikedim.laws import Assumed
from spikedim.planning._wording import (
    assumed_text,
    dimension_text,
    epsilon_text,
    interval_text,
    number_text,
    times_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0033111, "0.0033"),
        (0.00996, "0.010"),
        (0.000012, "1.2e-05"),
        (1.0, "1.0"),
        (9.96, "10"),
        (97.6, "98"),
        (21504.0, "22,000"),
        (999_999.0, "1.0 M"),
        (1.94e6, "1.9 M"),
        (2.6e9, "2.6 G"),
        (-3.14, "-3.1"),
    ],
)
def test_two_significant_digits(value, text):
    assert number_text(value) == text


def test_interval_says_a_shared_unit_once():
    assert interval_text(1.9e6, 1.5e6, 2.6e6) == "1.9 M (1.5\u20132.6 M)"
    assert interval_text(1.9e6, 9.0e5, 2.6e6) == "1.9 M (900,000\u20132.6 M)"
    assert interval_text(5.0, 4.0, 7.0, whole=True) == "5 (4\u20137)"
    assert interval_text(5.0, 5.0, 5.0, whole=True) == "5"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ((217.0, 215.2, 218.9), "217 (215\u2013219)"),
        ((217.0, 217.0, 217.0), "217"),
        ((9.1874, 9.05, 9.33), "9.2 (9.1\u20139.3)"),
        ((13.21, 10.0, 16.4), "13 (10\u201316)"),
        ((9.1874, 9.1874, 9.1874), "9.19"),
        ((217.4, 217.39, 217.41), "217.40 (217.39\u2013217.41)"),
    ],
)
def test_dimension_shows_the_decimals_its_interval_carries(found, text):
    assert dimension_text(*found) == text


def test_ratio_has_a_multiplication_sign():
    assert times_text(0.8123) == "0.81\u00d7"


@pytest.mark.parametrize(
    ("epsilon", "text"),
    [
        ("0.07:relative", "a relative error of 7 %"),
        ("0.05:rms", "an RMS error of 0.05 per entry"),
        ("2.5:fro", "a Frobenius error of 2.5"),
    ],
)
def test_error_target_in_words(epsilon, text):
    assert epsilon_text(Epsilon.parse(epsilon)) == text


def test_assumed_number_shows_its_range_if_it_has_one():
    assert assumed_text(Assumed(0.2, 0.1, 0.3, "assumed")) == "0.2 (0.1\u20130.3)"
    assert assumed_text(Assumed(1.0, 1.0, 1.0, "given")) == "1"
