"""Intervals."""

import math

import pytest

from spikedim._core import InputError, Interval


def test_half_width():
    assert Interval(-1.0, 4.0).half_width == 2.5


def test_a_point_is_an_interval():
    assert Interval(2.0, 2.0).half_width == 0


def test_says_its_level_and_method():
    got = Interval(0.0, 1.0)
    assert (got.level, got.method) == (0.95, "unspecified")


@pytest.mark.parametrize(("low", "high"), [(2.0, 1.0), (math.nan, 1.0), (0.0, math.nan)])
def test_refuses_crossed_ends_and_nan(low, high):
    with pytest.raises(InputError, match=rf"^Interval: `low` must be <= `high`; got \[{low}, "):
        Interval(low, high)
