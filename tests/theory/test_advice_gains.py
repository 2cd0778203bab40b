"""What advice predicts of kept runs on one half of the samples is what the other half shows.

Rows that need the fitted statistics of images larger than digits, or a longer run, are marked slow.
"""

import pytest
from tests.advice_runs import RUNS, twin_advice

from spikedim.bounds import Epsilon
from spikedim.planning import advise


@pytest.fixture(scope="module")
def twin():
    """Return verified advice for the twin of the digits."""
    return twin_advice()


@pytest.mark.parametrize(
    ("name", "least"),
    [("sigma-delta code", 0.9), ("unequal steps", 0.4), ("unequal steps by energy", 0.5)],
)
def test_a_gain_of_a_twin_holds_on_samples_held_out(twin, name, least):
    found = twin.change(name)
    assert found.predicted_gain > least
    assert found.measured_gain == pytest.approx(found.predicted_gain, rel=0.25)
    assert found.agrees
    assert found.measured_saving == pytest.approx(found.predicted_saving, rel=0.25)


def test_first_order_alone_predicts_what_unequal_steps_save(twin):
    for name in ("unequal steps", "unequal steps by energy"):
        found = twin.change(name)
        assert found.measured_gain == pytest.approx(found.law_gain, rel=0.25)


def test_unequal_steps_save_energy_only_if_they_are_priced_by_it(twin):
    by_spikes = twin.change("unequal steps").goal_predicted
    by_energy = twin.change("unequal steps by energy").goal_predicted
    assert by_energy.energy_mj < by_spikes.energy_mj < twin.baseline.energy_mj
    assert by_spikes.spikes < by_energy.spikes


def test_fewer_steps_of_a_directly_coded_run_save_what_they_promise():
    advice = advise(RUNS / "digits-4", samples=160, only=["fewer steps"], verify=True)
    found = advice.change("fewer steps")
    assert found.predicted_gain > 0.1
    assert found.measured_gain == pytest.approx(found.predicted_gain, rel=0.25)


@pytest.mark.slow
def test_training_under_noise_lowers_the_error():
    advice = advise(
        RUNS / "digits-twin",
        samples=359,
        only=["noise-aware training"],
        fine_tune=100,
        verify=True,
    )
    found = advice.change("noise-aware training")
    assert found.predicted_gain > 0.2
    assert found.measured_gain == pytest.approx(found.predicted_gain, rel=0.25)


@pytest.mark.slow
@pytest.mark.data
def test_leaving_the_start_out_brings_outputs_nearer_to_where_they_settle():
    advice = advise(
        RUNS / "cifar10-4",
        samples=256,
        epsilon=Epsilon.parse("1.2:fro"),
        only=["warm-up of 1 step"],
        verify=True,
    )
    found = advice.change("warm-up of 1 step")
    assert found.predicted_gain > 0.3
    assert found.measured_gain == pytest.approx(found.predicted_gain, rel=0.25)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "samples"),
    [("read-out shift", 256), ("flat projector", 256), ("norms under noise", 400)],
)
def test_a_gain_of_a_wider_twin_holds_on_samples_held_out(name, samples):
    advice = advise(RUNS / "mnist-twin", samples=samples, only=[name], verify=True)
    found = advice.change(name)
    assert found.predicted_gain > 0.1
    assert found.measured_gain == pytest.approx(found.predicted_gain, rel=0.25)
