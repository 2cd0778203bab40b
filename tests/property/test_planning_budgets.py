"""Energy budgets are inverses of energies, whatever the numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.energy import CLOSED_FORM_RULES, Rules, spiking_energy
from spikedim.models import card
from spikedim.planning import rate_ceiling, steps_within_energy

CARD = card("spikformer-2-64/digits")
RULES = st.sampled_from([str(rules) for rules in CLOSED_FORM_RULES])


@settings(max_examples=10)
@given(RULES, st.integers(1, 200), st.floats(0.01, 1.0))
def test_the_budget_of_t_steps_buys_t_steps(rules, steps, rate):
    energy = spiking_energy(CARD, steps=steps, rate=rate, rules=Rules(rules)).value_mj
    found = steps_within_energy(CARD, energy_mj=energy, rate=rate, rules=Rules(rules))
    assert found in (steps, steps - 1)  # the sum may round either way
    more = steps_within_energy(CARD, energy_mj=energy * 1.000001, rate=rate, rules=Rules(rules))
    assert more == steps


@settings(max_examples=6)
@given(RULES, st.integers(1, 50), st.floats(0.01, 0.99))
def test_the_budget_of_a_rate_buys_that_rate(rules, steps, rate):
    energy = spiking_energy(CARD, steps=steps, rate=rate, rules=Rules(rules)).value_mj
    found = rate_ceiling(CARD, energy_mj=energy, steps=steps, rules=Rules(rules))
    assert found == pytest.approx(rate, rel=1e-5)
