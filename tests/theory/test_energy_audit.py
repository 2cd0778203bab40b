"""Break-evens of counts beside those of closed forms, on networks where both must agree."""

import pytest
from tests.audit_examples import STEPS, uniform_card, uniform_counts, uniform_twin

from spikedim.energy import CLOSED_FORM_RULES, break_even_rate, quantised_bits, spiking_energy
from spikedim.energy.audit._contest import Contest
from spikedim.energy.audit._side import Side
from spikedim.energy.pricing import Word

BITS = quantised_bits(STEPS)


def contest(rules, rate, bits):
    counts = uniform_counts(rate)
    name = "ann_fp32" if bits is None else f"qann_{bits}bit"
    return Contest(
        rules,
        Side("snn", counts, Word.FP32),
        Side(name, uniform_twin(), Word.FP32, bits),
    )


@pytest.mark.parametrize("rules", CLOSED_FORM_RULES, ids=lambda rules: rules.name)
@pytest.mark.parametrize("bits", [None, BITS])
@pytest.mark.parametrize("rate", [0.02, 0.3])
def test_break_even_of_counts_is_that_of_the_card(rules, bits, rate):
    """Wherever a uniform network was counted, its break-even is where the card has it."""
    got = contest(rules, rate, bits).break_even()
    want = break_even_rate(uniform_card(), steps=STEPS, bits=bits, rules=rules)
    assert (got.twin, got.rules, got.reason) == (want.twin, want.rules, want.reason)
    if want.rate is not None:
        assert got.rate == pytest.approx(want.rate, rel=1e-9)
        assert got.low == pytest.approx(want.low, rel=1e-9)
        assert got.high == pytest.approx(want.high, rel=1e-9)


@pytest.mark.parametrize("rules", CLOSED_FORM_RULES, ids=lambda rules: rules.name)
def test_last_step_of_counts_is_that_of_the_card(rules):
    """At the firing rate that was seen, the closed form crosses the twin behind the same T."""
    found = contest(rules, 0.1, None)
    steps = found.critical_steps(1.0)
    own = spiking_energy(uniform_card(), steps=STEPS, rate=0.1, rules=rules).value_mj
    twin = found.ratio() * own

    def energy(t):
        return spiking_energy(uniform_card(), steps=t, rate=0.1, rules=rules).value_mj

    if steps is None:
        assert energy(1) >= twin * (1 - 1e-12)
    else:
        assert energy(steps) < twin <= energy(steps + 1)
