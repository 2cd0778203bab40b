"""Prices of spikes: exact at the T they were taken at, and additive."""

from pathlib import Path

import pytest
import torch

from spikedim._core import SilentProgress
from spikedim.energy import Rules, count_operations, price
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._energy_rates import EnergyRates, counted_mj, energy_rates
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._spiking_candidate import SpikingCandidate, record
from spikedim.training import batches_of, open_examples, open_run, spread

RUNS = Path(__file__).parents[3] / "studies" / "cpu_training" / "runs"
STEPS = 4


@pytest.fixture(scope="module")
def priced():
    """Return a twin, samples, their spikes and the prices at T = 4."""
    model = open_run(RUNS / "digits-twin").model
    examples = open_examples("digits", validation=0.1).test
    (x, _), *_ = batches_of(examples, spread(len(examples), 8), 8, model.head.weight)
    rates = energy_rates(model, x, steps=STEPS, rules=Rules.M0, progress=SilentProgress())
    return model, x, rates


def fired(model, x, steps):
    count = model.count_spikes(x, code_steps=steps, code="sigma_delta")
    return {name: float(s.sum()) / len(x) for name, s in count.spikes.items()}


def test_prices_give_back_what_was_counted(priced):
    model, x, rates = priced
    want = counted_mj(model, x, STEPS, Rules.M0)
    assert rates.of(fired(model, x, STEPS)) == pytest.approx(want, rel=1e-6)
    assert all(price >= 0 for price in rates.spike_mj.values())


def test_prices_hold_at_another_t(priced):
    model, x, rates = priced
    want = counted_mj(model, x, 3 * STEPS, Rules.M0)
    assert rates.of(fired(model, x, 3 * STEPS)) == pytest.approx(want, rel=0.1)


@pytest.mark.parametrize(
    ("rules", "linear"), [(Rules.M1, False), (Rules.M2, False), (Rules.M3, True)]
)
def test_rules_that_price_memory_are_counted_at_every_setting(priced, rules, linear):
    model, x, rates = priced
    half = Half("calibration", 0, (x,), (torch.zeros(len(x)),), (torch.zeros(len(x), 10),))
    rates = EnergyRates(rules, 0.0, rates.spike_mj)
    assert rates.linear is linear
    candidate = CodedCandidate(lambda _: model, number=0, seed=0, draws=1)
    found = candidate.energy_mj(half, 2, rates)
    assert (found == pytest.approx(counted_mj(model, x, 2, rules))) is not linear


def test_membranes_of_a_directly_coded_net_are_counted_too():
    model = open_run(RUNS / "digits-4").model
    x = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    half = Half("calibration", 0, (x,), (torch.zeros(4),), (torch.zeros(4, 10),))
    rates = energy_rates(model, x, steps=4, rules=Rules.M1, progress=SilentProgress())
    candidate = SpikingCandidate(model, {"calibration": record(model, (x,), steps=4)})
    want = price(count_operations(model, x, steps=1), rules=Rules.M1).value_mj
    assert candidate.energy_mj(half, 1, rates) == pytest.approx(want)


def test_a_spike_costs_its_additions(priced):
    _, _, rates = priced
    picojoule = {name: 1e9 * price for name, price in rates.spike_mj.items()}
    assert picojoule["block.0.attn.attn_lif"] == pytest.approx(64 * 0.9, rel=0.02)
    assert picojoule["block.0.mlp.fc1_lif"] == pytest.approx(64 * 0.9, rel=0.02)


def test_pricing_leaves_the_model_as_it_was(priced):
    model, x, _ = priced
    assert all(not p.encoder._forward_hooks for p in model.populations.values())
    with torch.no_grad():
        assert torch.equal(model(x), model(x))


def test_what_no_layer_reads_has_a_little_price():
    rates = EnergyRates(Rules.M0, 0.0, {"read": 1e-7, "unread": 0.0})
    found = rates.step_pj({"read": 10.0, "unread": 10.0})
    assert found == pytest.approx({"read": 1000.0, "unread": 1.0})
