import numpy as np
import pytest
from tests.circuit_examples import example_result

from spikedim.circuits import Slope, sweep


@pytest.mark.parametrize(
    ("low", "high", "falls"),
    [(-1.1, -0.9, True), (-0.5, -0.1, True), (-0.5, -0.05, None), (-0.5, 0.5, None),
     (-0.1, 0.1, None), (-0.09, 0.1, False), (-0.09, -0.05, False)],
)  # fmt: skip
def test_a_fall_is_judged_by_the_whole_interval(low, high, falls):
    assert Slope((low + high) / 2, low, high, 0.95, 64, 5).falls is falls


def test_rows_inside_a_circuit_are_not_rows_of_its_value():
    from dataclasses import replace

    inside = replace(example_result(16, error=0.1), row_spikes=np.array([[8, 8]]),
                     row_entropy_bits=np.array([[1.0, 1.0]]))  # fmt: skip
    point = sweep(lambda *_: inside, circuit="c", settings={}, steps=[16]).points[0]
    assert (point.rows, point.row_spikes) == ((), 8.0)
