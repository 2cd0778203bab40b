"""Energy questions read backwards."""

import pytest

from spikedim._core import InputError
from spikedim.energy import CLOSED_FORM_RULES, spiking_energy
from spikedim.models import card
from spikedim.planning import rate_ceiling, steps_within_energy

CARD = "spikformer-4-384/cifar10"


@pytest.mark.parametrize("rules", CLOSED_FORM_RULES)
@pytest.mark.parametrize("budget", [1.0, 7.3, 50.0])
def test_steps_fit_and_one_more_does_not(rules, budget):
    model = card(CARD)
    steps = steps_within_energy(model, energy_mj=budget, rate=0.15, rules=rules)
    if steps > 0:
        fits = spiking_energy(model, steps=steps, rate=0.15, rules=rules)
        assert fits.value_mj <= budget
    assert spiking_energy(model, steps=steps + 1, rate=0.15, rules=rules).value_mj > budget


def test_budget_below_one_step_gives_no_step():
    assert steps_within_energy(card(CARD), energy_mj=1e-6, rate=0.2) == 0


@pytest.mark.parametrize("rules", CLOSED_FORM_RULES)
def test_ceiling_is_the_rate_whose_energy_is_the_budget(rules):
    model = card(CARD)
    budget = spiking_energy(model, steps=4, rate=0.17, rules=rules).value_mj
    found = rate_ceiling(model, energy_mj=budget, steps=4, rules=rules)
    assert found == pytest.approx(0.17, abs=1e-6)


def test_ceiling_is_one_where_everything_fits_and_none_where_nothing_does():
    assert rate_ceiling(card(CARD), energy_mj=1e6, steps=4) == 1.0
    assert rate_ceiling(card(CARD), energy_mj=1e-9, steps=4) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m: steps_within_energy(m, energy_mj=0.0, rate=0.2),
            "^steps_within_energy: `energy_mj` must be above 0",
        ),
        (
            lambda m: steps_within_energy(m, energy_mj=1.0, rate=0.0),
            r"^steps_within_energy: `rate` must be in \(0, 1\]",
        ),
        (
            lambda m: rate_ceiling(m, energy_mj=1.0, steps=0),
            "^rate_ceiling: `steps` must be an integer >= 1",
        ),
    ],
)
def test_bad_numbers_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call(card(CARD))
