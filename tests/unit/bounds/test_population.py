import math

import pytest

from spikedim._core import InputError, NumericsError
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps


def test_counts_and_names_a_population():
    assert count_entries(64, 384, caller="f") == 24576
    assert describe(64, 384, "thing") == "64 x 384 thing"


def test_refuses_more_entries_than_a_float_can_count():
    with pytest.raises(InputError, match=r"^f: `tokens` times `features` must be at most 2\*\*53"):
        count_entries(2**27, 2**27, caller="f")


@pytest.mark.parametrize(
    ("unrounded", "steps"),
    [(3.2, 4), (3.0, 3), (3.0 + 1e-13, 3), (3.0 + 1e-9, 4), (0.0, 1), (-5.0, 1)],
)
def test_rounds_up_but_not_for_rounding_noise(unrounded, steps):
    assert whole_steps(unrounded, caller="f") == steps


def test_minimum_of_zero_is_kept():
    assert whole_steps(-5.0, caller="f", minimum=0) == 0


def test_refuses_an_overflow():
    with pytest.raises(NumericsError, match=r"^f: the number of steps overflows; got inf"):
        whole_steps(math.inf, caller="f")


def test_names_the_error_that_is_out_of_proportion():
    with pytest.raises(InputError, match=r"^f: `epsilon_fro` must be within a factor 1e100"):
        input_precision(1e-200, 1.0, caller="f", name="epsilon_fro")
