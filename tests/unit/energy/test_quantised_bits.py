import math

import pytest

from spikedim._core import InputError
from spikedim.energy import quantised_bits


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 8, 15, 16, 255, 256, 2**40])
def test_is_the_ceiling_of_log2(steps):
    assert quantised_bits(steps) == math.ceil(math.log2(steps + 1))


def test_holds_where_floating_point_would_not():
    assert quantised_bits(2**80 - 1) == 80
    assert quantised_bits(2**80) == 81


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [0, -1, 2.5, True, "4"])
def test_steps_must_be_a_positive_integer(bad):
    with pytest.raises(InputError, match=r"^quantised_bits: `steps` must be an integer >= 1; got"):
        quantised_bits(bad)
