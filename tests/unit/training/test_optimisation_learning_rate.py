import math

import pytest

from spikedim._core import InputError
from spikedim.training.optimisation import learning_rate
from spikedim.training.recipes import Schedule

SCHEDULE = Schedule(warm_up=0.1, first=1e-4, last=2e-4, cool_down=0.2)


def curve(schedule, updates, highest=1.0):
    return [learning_rate(schedule, highest, update=u, updates=updates) for u in range(updates)]


def test_follows_the_closed_form():
    got = curve(SCHEDULE, 100)
    assert got[:10] == pytest.approx([1e-4 + (1 - 1e-4) * u / 10 for u in range(10)], rel=1e-12)
    half = [
        2e-4 + (1 - 2e-4) * math.cos(math.pi * (u - 10) / 140) ** 2 for u in range(10, 80)
    ]  # 1 + cos 2a = 2 cos^2 a
    assert got[10:80] == pytest.approx(half, rel=1e-12)
    assert got[80:] == [2e-4] * 20


def test_rises_once_and_falls_once():
    got = curve(SCHEDULE, 100)
    assert got[10] == 1.0
    assert max(got) == 1.0
    assert got[:11] == sorted(got[:11])
    assert got[10:] == sorted(got[10:], reverse=True)


def test_without_ends_it_is_a_half_cosine():
    got = curve(Schedule(warm_up=0.0, first=5.0, last=0.0), 4, highest=2.0)
    assert got == pytest.approx([2.0, 1 + math.sqrt(0.5), 1.0, 1 - math.sqrt(0.5)])


@pytest.mark.parametrize("updates", [1, 2, 3, 7])
@pytest.mark.parametrize(("warm_up", "cool_down"), [(1.0, 0.0), (0.5, 0.5), (0.0, 1.0), (0.9, 0.1)])
def test_short_trainings_stay_between_the_rates(updates, warm_up, cool_down):
    schedule = Schedule(warm_up=warm_up, cool_down=cool_down, first=0.1, last=0.2)
    assert all(0.1 <= rate <= 1 for rate in curve(schedule, updates))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"update": 10}, r"^learning_rate: `update` must be below `updates` = 10; got 10"),
        ({"update": -1}, r"^learning_rate: `update` must be an integer >= 0; got -1"),
        ({"updates": 0}, r"^learning_rate: `updates` must be an integer >= 1; got 0"),
        ({"highest": 0.0}, r"^learning_rate: `highest` must be above 0; got 0\.0"),
    ],
)
def test_bad_input(changed, match):
    with pytest.raises(InputError, match=match):
        learning_rate(SCHEDULE, **{"highest": 1.0, "update": 0, "updates": 10, **changed})
