"""What every rule set must do for every card."""

import math

import pytest

from spikedim import energy
from spikedim.energy import CLOSED_FORM_RULES, BreakEven, EnergyEstimate
from spikedim.models import card, names

KNOWN = {constant.name for constant in energy.constants()}

ONE_A_FAMILY = [*{card(name).family: name for name in names()}.values(), "spikformer-2-64/digits"]


@pytest.fixture(params=names())
def found(request):
    return card(request.param)


@pytest.fixture(params=CLOSED_FORM_RULES, ids=lambda rule: rule.name)
def rules(request):
    return request.param


def check(estimate, rules):
    assert isinstance(estimate, EnergyEstimate)
    numbers = [
        estimate.value_mj,
        estimate.low_mj,
        estimate.high_mj,
        *estimate.breakdown_mj.values(),
    ]
    assert all(math.isfinite(number) and number >= 0 for number in numbers)
    assert 0 < estimate.low_mj <= estimate.value_mj <= estimate.high_mj
    assert sum(estimate.breakdown_mj.values()) == pytest.approx(estimate.value_mj, rel=1e-12)
    assert estimate.rules == rules
    assert set(estimate.constants) <= KNOWN
    assert estimate.constants
    assert estimate.band
    assert estimate.notes
    assert EnergyEstimate.from_json(estimate.to_json()) == estimate


def test_spiking_energy(found, rules):
    estimate = energy.spiking_energy(
        found, steps=found.steps, rate=0.2, rate_low=0.1, rate_high=0.3, rules=rules
    )
    check(estimate, rules)
    assert estimate.subject == "snn"


@pytest.mark.parametrize(("bits", "subject"), [(None, "ann_fp32"), (3, "qann_3bit")])
@pytest.mark.parametrize("name", ONE_A_FAMILY)
def test_twin_energy(name, rules, bits, subject):
    estimate = energy.twin_energy(card(name), bits=bits, rules=rules)
    check(estimate, rules)
    assert estimate.subject == subject


@pytest.mark.parametrize("bits", [None, 3])
@pytest.mark.parametrize("name", ONE_A_FAMILY)
def test_break_even(name, rules, bits):
    found = card(name)
    got = energy.break_even_rate(found, steps=4, bits=bits, rules=rules)
    assert isinstance(got, BreakEven)
    if got.rate is None:
        assert got.reason
        assert got.low is got.high is None
    else:
        assert got.reason == ""
        assert 0 < got.rate <= 1
        assert 0 <= got.low <= got.rate <= got.high <= 1
