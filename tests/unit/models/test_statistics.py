import pytest

from spikedim._core import InputError
from spikedim.models import InputStatistics, card, input_statistics, names


def test_statistics_are_of_three_channels_in_the_unit_interval():
    for dataset in ("cifar10", "cifar100"):
        found = input_statistics(dataset)
        assert found.dataset == dataset
        assert len(found.means) == len(found.deviations) == 3
        assert all(0 < value < 1 for value in (*found.means, *found.deviations))
        assert found.source
        assert InputStatistics.from_json(found.to_json()) == found


def test_legacy_statistics_of_cifar100_are_those_of_cifar10_and_say_whose_habit_that_is():
    legacy, right = input_statistics("cifar100", legacy=True), input_statistics("cifar100")
    ten = input_statistics("cifar10")
    assert (legacy.means, legacy.deviations) == (ten.means, ten.deviations)
    assert legacy.means != right.means
    assert legacy.dataset == "cifar100"
    assert legacy.source not in (right.source, ten.source)
    assert input_statistics("cifar10", legacy=True) == ten


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("cifar", r"Did you mean 'cifar10'\?$"), ("audio", r"cifar10, cifar100; got 'audio'\.$")],
)
def test_other_data_sets_are_refused(wrong, message):
    with pytest.raises(InputError, match=rf"^input_statistics: `dataset` must .*{message}"):
        input_statistics(wrong)


def test_cards_say_whose_configuration_borrows_the_statistics():
    told = {
        name for name in names() if any("input_statistics" in note for note in card(name).notes)
    }
    assert {card(name).family for name in told} == {"spikformer", "spikingformer", "qkformer"}
    assert {card(name).dataset for name in told} == {"cifar100"}
    assert "sdt-v1-2-512/cifar100" in set(names()) - told
