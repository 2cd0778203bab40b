import itertools

import pytest
import torch

from spikedim._core import InputError
from spikedim.training.optimisation import Purpose, generator_for


def numbers(seed=0, update=0, purpose=Purpose.MODEL, stream=0):
    generator = generator_for(seed, update=update, purpose=purpose, stream=stream)
    return tuple(torch.rand(4, generator=generator).tolist())


def test_the_same_arguments_give_the_same_numbers():
    assert numbers(3, 5, Purpose.MIXING, 2) == numbers(3, 5, Purpose.MIXING, 2)


def test_every_argument_changes_the_numbers():
    # A seed of more than 32 bits must not pass for another seed with another update.
    seeds = (0, 1, 2**32, 2**32 + 1, 2**64)
    drawn = {numbers(*arguments) for arguments in itertools.product(seeds, (0, 1), Purpose, (0, 1))}
    assert len(drawn) == len(seeds) * 2 * len(Purpose) * 2


def test_the_stream_is_frozen():
    # A resumed run of an older version must see the same numbers.
    want = {
        Purpose.AUGMENTATION: 10478273575510442814,
        Purpose.MIXING: 14588146412601894475,
        Purpose.MODEL: 9491734703353070927,
    }
    got = {
        purpose: generator_for(7, update=11, purpose=purpose).initial_seed() for purpose in Purpose
    }
    assert got == want


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"seed": -1}, r"^generator_for: `seed` must be an integer >= 0; got -1"),
        ({"update": -1}, r"^generator_for: `update` must be an integer >= 0; got -1"),
        ({"stream": 0.5}, r"^generator_for: `stream` must be an integer >= 0; got 0.5"),
        (
            {"purpose": "mixin"},
            r"^generator_for: `purpose` must be one of .* Did you mean 'mixing'",
        ),
    ],
)
def test_bad_input(changed, match):
    with pytest.raises(InputError, match=match):
        numbers(**changed)
