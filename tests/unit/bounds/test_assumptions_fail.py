"""Every assumption that arguments can break, broken."""

import pytest

from spikedim._core import AssumptionError, InputError, NumericsError
from spikedim.bounds import (
    bernoulli_spikes,
    minimum_spikes_any_rate,
    published_rate_distortion,
    published_universal_sizes,
    spikes_for_bits,
    spikes_for_bits_refractory,
    steps_for_bits,
    steps_for_bits_refractory,
)

ONE = {"tokens": 1, "features": 2}
BROKEN = [
    (spikes_for_bits, {"bits": 1.0, "rate": 1.0}, 3, "the rate must be below 1"),
    (steps_for_bits, {"bits": 1.0, "neurons": 1, "rate": 1.0}, 3, "the rate must be below 1"),
    (
        spikes_for_bits_refractory,
        {"bits": 1.0, "rate": 0.25, "refractory_steps": 3},
        4,
        r"the rate must be below 1 / \(1 \+ refractory_steps\)",
    ),
    (
        steps_for_bits_refractory,
        {"bits": 1.0, "neurons": 1, "rate": 0.5, "refractory_steps": 3},
        3,
        r"the rate must be below 1 / \(1 \+ refractory_steps\)",
    ),
    (
        minimum_spikes_any_rate,
        {"bits": 9.0, "neurons": 2, "steps": 4},
        3,
        "the bits must fit in neurons x steps = 8 binary cells",
    ),
    (
        bernoulli_spikes,
        ONE | {"epsilon_rms": 0.1, "lipschitz": 1.0, "rate_variance": 0.2, "rate": 0.1},
        5,
        r"rate_variance must be at most rate \(1 - rate\)",
    ),
    (
        published_rate_distortion,
        ONE | {"epsilon_rms": 1.0, "lipschitz": 1.0},
        2,
        "epsilon_rms must be below lipschitz",
    ),
    (
        published_universal_sizes,
        ONE | {"head_features": 2, "epsilon_fro": 1.0},
        2,
        "epsilon_fro must be below 1",
    ),
]


@pytest.mark.parametrize(
    ("theorem", "arguments", "number", "text"), BROKEN, ids=lambda x: getattr(x, "__name__", "")
)
def test_a_failed_assumption_is_cited_by_its_number(theorem, arguments, number, text):
    with pytest.raises(
        AssumptionError, match=f"^{theorem.__name__}: assumption {number} fails: {text}"
    ):
        theorem(**arguments)


def test_a_train_that_always_fires_may_carry_no_bits():
    assert spikes_for_bits(bits=0.0, rate=1.0).value == 0
    assert steps_for_bits(bits=0.0, neurons=1, rate=1.0).value == 0


def test_bits_that_no_window_can_hold_raise_instead_of_looping():
    with pytest.raises(NumericsError, match=r"the bits need more than 2\*\*60 steps at rate 1e-30"):
        steps_for_bits_refractory(bits=1e3, neurons=1, rate=1e-30, refractory_steps=1)


def test_too_many_cells_are_refused():
    with pytest.raises(InputError, match=r"`neurons` times `steps` must be at most 2\*\*40; got"):
        minimum_spikes_any_rate(bits=1.0, neurons=2**30, steps=2**11)
