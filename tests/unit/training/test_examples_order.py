"""The order of samples: doors, and that seeds and epochs tell orders apart."""

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.training.examples import batch_part, epoch_order


def test_seed_and_epoch_fix_the_order():
    first = epoch_order(50, seed=3, epoch=2)
    assert first.dtype == np.int64
    assert np.array_equal(first, epoch_order(50, seed=3, epoch=2))
    assert not np.array_equal(first, epoch_order(50, seed=2, epoch=3))
    assert not np.array_equal(first, epoch_order(50, seed=3, epoch=3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, r"^epoch_order: `count` must be an integer >= 1; got 0"),
        ({"seed": -1}, r"^epoch_order: `seed` must be an integer >= 0; got -1"),
        ({"epoch": -2}, r"^epoch_order: `epoch` must be an integer >= 0; got -2"),
    ],
)
def test_numbers_out_of_range_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        epoch_order(**{"count": 4, "seed": 0, "epoch": 0, **changes})


@pytest.mark.parametrize(
    ("process", "processes", "message"),
    [
        (2, 2, r"^batch_part: `process` must be below 2, the number of processes; got 2\."),
        (-1, 2, r"^batch_part: `process` must be an integer >= 0; got -1"),
        (0, 0, r"^batch_part: `processes` must be an integer >= 1; got 0"),
        (0, 4, r"^batch_part: `processes` must divide the 6 samples of a batch; got 4\."),
    ],
)
def test_processes_that_do_not_divide_a_batch_are_refused(process, processes, message):
    with pytest.raises(InputError, match=message):
        batch_part(np.arange(6), process=process, processes=processes)
