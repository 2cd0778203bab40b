from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.advice_runs import RUNS, twin_advice
from tests.advice_runs import SAMPLES as TWIN_SAMPLES
from tests.training_examples import (
    drawn_model,
    image_examples,
    sequence_examples,
    write_image_run,
    write_run,
)

from spikedim._core import InputError
from spikedim.bounds import Epsilon
from spikedim.energy import Rules, count_operations, price
from spikedim.models import Coding
from spikedim.planning import Advice, advise
from spikedim.planning.advice._energy_rates import EnergyRates
from spikedim.planning.advice._goal import first_good
from spikedim.planning.advice._half import Half, deal
from spikedim.planning.advice._initial_membrane_change import InitialMembraneChange
from spikedim.planning.advice._sampled import falls_within, gain, mean_interval
from spikedim.planning.advice._training_steps_change import TrainingStepsChange
from spikedim.training import batches_of, open_examples, open_run, spread

SAMPLES = 64


@pytest.fixture(scope="module")
def twin():
    """Return advice for a kept twin, without the changes that fit something."""
    return twin_advice()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Return the folder of a twin with random weights."""
    return write_image_run(tmp_path_factory.mktemp("runs") / "tiny", twin=True)


@pytest.fixture(scope="module")
def direct():
    return advise(RUNS / "digits-4", samples=SAMPLES, verify=True)


def test_gain_is_the_share_that_a_mean_falls_by():
    before, after = np.array([4.0, 2.0, 6.0]), np.array([1.0, 1.0, 1.0])
    value, ends = gain(before, after, np.random.default_rng(0))
    assert value == pytest.approx(0.75)
    assert ends.low <= value <= ends.high < 1
    worse, _ = gain(after, before, np.random.default_rng(0))
    assert worse == pytest.approx(-3.0)
    assert gain(np.zeros(3), after, np.random.default_rng(0))[0] == 0.0


def test_an_interval_of_few_samples_holds_its_mean():
    values = np.array([0.0] * 15 + [100.0])
    ends = mean_interval(values, np.random.default_rng(1))
    assert ends.low <= values.mean() <= ends.high
    assert ends.high > 2 * values.mean()  # one sample makes up the mean


def test_a_fall_counts_with_its_standard_error():
    right = np.ones(100)
    assert falls_within(right, right, 0.0)
    one = np.r_[0.0, np.ones(99)]
    assert falls_within(right, one, 0.021)
    assert not falls_within(right, one, 0.019)


@pytest.mark.parametrize("steps", [1, 2, 3, 12, 192, 256])
def test_the_baseline_is_the_first_good_one_of_all_looked_at(steps):
    assert first_good(lambda t: t >= steps) == steps
    assert first_good(lambda t: t > 256) is None


def test_halves_share_no_sample_and_lose_none():
    first, second = deal(7)
    assert sorted([*first, *second]) == list(range(7))
    half = Half("calibration", 0, (), (), ())
    assert len(half) == 0


def test_energy_is_linear_in_spikes():
    rates = EnergyRates(Rules.M0, 1.0, {"a": 0.5, "b": 0.0})
    assert rates.of({"a": 2.0, "b": 9.0}) == 2.0
    assert rates.step_pj({"a": 2.0, "b": 9.0}) == {"a": 1e9, "b": 1e6}


def test_advice_for_a_twin_stands_against_exact_rates(twin):
    assert (twin.coding, twin.reference, twin.verified) == (Coding.RATES, "exact rates", True)
    assert (twin.calibration_samples, twin.samples) == (TWIN_SAMPLES // 2 + 1, TWIN_SAMPLES // 2)
    assert twin.law_steps > 0
    assert "rate-coded" in twin.scope
    assert twin.baseline.latency == twin.baseline.steps > 1
    assert [each.name for each in twin.changes] == [
        "sigma-delta code",
        "unequal steps by energy",
        "unequal steps",
    ]
    assert [each.name for each in twin.rejected] == ["noise-aware training"]
    assert twin.rejected[0].reason.startswith("needs training: `--fine-tune UPDATES`")
    assert Advice.from_json(twin.to_json()) == twin


def test_a_change_at_equal_cost_costs_as_much(twin):
    for each in twin.changes:
        if each.quantity == "squared error at equal energy":
            assert each.predicted.energy_mj == pytest.approx(twin.baseline.energy_mj, rel=0.05)
        else:
            assert each.predicted.spikes == pytest.approx(twin.baseline.spikes, rel=0.02)
            assert each.measured.spikes == pytest.approx(twin.baseline_measured.spikes, rel=0.02)
        assert each.predicted_gain == pytest.approx(
            1 - each.predicted.squared_error / twin.baseline.squared_error
        )
        assert each.measured_gain == pytest.approx(
            1 - each.measured.squared_error / twin.baseline_measured.squared_error
        )


def test_a_change_at_the_goal_is_as_good_for_less(twin):
    for each in twin.changes:
        goal = each.goal_predicted
        assert goal.squared_error <= twin.baseline.squared_error
        assert each.predicted_saving == pytest.approx(1 - goal.spikes / twin.baseline.spikes)
        assert each.measured_saving == pytest.approx(each.predicted_saving, abs=0.02)
        assert goal.energy_mj < twin.baseline.energy_mj
    energies = [each.goal_predicted.energy_mj for each in twin.changes]
    assert energies == sorted(energies)


def test_what_misses_the_goal_is_not_as_good_however_small_its_error():
    found = advise(RUNS / "digits-twin", samples=32, only=["sigma-delta code"], tolerance=0.1)
    goal, base = found.change("sigma-delta code").goal_predicted, found.baseline
    assert goal.squared_error <= base.squared_error
    assert goal.accuracy >= min(found.reference_accuracy - 0.1, base.accuracy) - 1e-9


def test_the_headline_says_what_the_ranking_is_by_and_how_long_an_answer_takes(twin):
    best = twin.changes[0]
    saved = 1 - best.goal_predicted.energy_mj / twin.baseline.energy_mj
    assert f"{best.name}, saves {100 * saved:.0f} % of the energy (M0)" in twin.headline
    assert f"an answer after {best.goal_predicted.latency} steps" in twin.headline


def test_unequal_steps_are_what_the_twin_takes(twin):
    found = twin.change("unequal steps")
    model = open_run(RUNS / "digits-twin").model
    assert set(found.goal_predicted.allocation) == set(model.populations)
    assert found.goal_predicted.latency == max(found.goal_predicted.allocation.values())
    assert found.law_gain > 0
    x = torch.zeros(1, 1, 8, 8)
    generator = torch.Generator().manual_seed(0)
    assert model(x, code_steps=found.goal_predicted.allocation, generator=generator).shape == (
        1,
        10,
    )


def test_energy_of_the_baseline_is_what_counting_finds(twin):
    run = open_run(RUNS / "digits-twin")
    examples = open_examples("digits", validation=0.1).test
    (x, _), *_ = batches_of(examples, spread(len(examples), 16), 16, run.model.head.weight)
    steps = twin.baseline.steps
    counts = count_operations(run.model, x, code_steps=steps, code="sigma_delta")
    assert twin.baseline.energy_mj == pytest.approx(price(counts).value_mj, rel=0.05)


def test_a_directly_coded_run_is_compared_with_what_it_settles_to(direct):
    assert (direct.coding, direct.law_steps) == (Coding.SPIKES, None)
    assert direct.reference == "the mean output of the second half of 32 steps"
    assert direct.baseline.steps == 4
    assert "no law" in direct.scope
    names = {each.name for each in (*direct.changes, *direct.rejected)}
    wanted = {"fewer steps", "warm-up of 1 step", "warm-up of 2 steps", "initial membrane"}
    assert names == wanted


def test_without_verification_nothing_is_measured():
    found = advise(RUNS / "digits-4", samples=16, only=["fewer steps"], tolerance=0.9)
    (each,) = found.changes
    assert (each.measured, each.measured_gain, each.agrees, each.reached) == (None,) * 4
    assert (found.samples, found.baseline_measured, found.verified) == (0, None, False)
    assert each.quantity == "spikes at the goal"
    assert each.how.endswith("--steps 1")


def test_an_error_may_be_the_goal(tiny):
    found = [
        advise(
            open_run(tiny),
            data=image_examples(),
            samples=16,
            epsilon=Epsilon.parse(f"{level}:relative"),
            only=["sigma-delta code"],
        )
        for level in (1.0, 0.3)
    ]
    assert found[0].baseline.steps < found[1].baseline.steps
    assert found[1].goal == "outputs within 0.3 (relative)"
    assert found[1].baseline.squared_error <= 0.3**2 * 100 * found[1].reference_variance


def test_a_run_of_one_step_has_nothing_to_leave_out():
    found = advise(RUNS / "digits-1", samples=16)
    reasons = {each.name: each.reason for each in found.rejected}
    assert reasons["fewer steps"] == "the run has 1 step, and an answer needs one."
    assert reasons["warm-up of 1 step"] == "of T = 1 nothing would be left."


def test_training_under_noise_is_done_once(tmp_path):
    path = write_image_run(tmp_path / "run", twin=True, code_steps=4)
    options = {"data": image_examples(), "samples": 16, "only": ["noise-aware training"]}
    found = advise(path, **options, fine_tune=1, tolerance=1.0)
    assert found.rejected[0].reason == "the run was trained under the noise of T = 4 already."


def test_training_on_needs_the_folder(tiny):
    options = {"data": image_examples(), "samples": 16, "only": ["noise-aware training"]}
    found = advise(open_run(tiny), **options, fine_tune=1, tolerance=1.0)
    assert found.rejected[0].reason == "needs the folder of the run to train on from."


def test_a_latency_cap_holds(tiny):
    options = {"data": image_examples(), "samples": 16, "only": ["unequal steps"]}
    found = advise(tiny, **options, latency_cap=2, epsilon=Epsilon.parse("0.3:relative"))
    assert found.baseline.steps >= 2
    assert found.rejected[0].reason == "no population may have more than 2 steps."


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "said"),
    [(TrainingStepsChange(), "--steps 3"), (InitialMembraneChange(), "--steps 3 --initial-")],
)
def test_a_command_counts_the_steps_behind_a_warm_up_of_the_run(change, said):
    context = SimpleNamespace(folder="RUN", baseline=SimpleNamespace(least_steps=3))
    assert f"spikedim evaluate RUN {said}" in change.how(context, 5)


def test_samples_of_the_training_are_said_to_be_seen():
    options = {"samples": 16, "only": ["fewer steps"], "tolerance": 0.9}
    seen = advise(RUNS / "digits-1", split="train", **options)
    assert any("have seen the held-out half as well" in note for note in seen.notes)
    unseen = advise(RUNS / "digits-1", **options)
    assert not any("have seen the held-out half" in note for note in unseen.notes)


def test_a_run_that_answers_at_every_token_is_refused(tmp_path):
    examples = sequence_examples()
    path = write_run(
        tmp_path / "run", drawn_model("spikformer-lm-2-64/sequences", examples), examples
    )
    with pytest.raises(InputError, match=r"^advise: `run` must give one answer for a sample; got"):
        advise(path)


def test_an_ordinary_network_is_refused(tmp_path):
    examples = image_examples()
    path = write_run(
        tmp_path / "run", drawn_model("spikformer-2-64/digits:ann", examples), examples
    )
    with pytest.raises(InputError, match=r"^advise: `run` must have spikes or rates; got"):
        advise(path)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"samples": 8}, r"^advise: `samples` must be"),
        ({"tolerance": 2.0}, r"^advise: `tolerance` must be"),
        ({"fine_tune": -1}, r"^advise: `fine_tune` must be"),
        ({"latency_cap": 0}, r"^advise: `latency_cap` must be"),
        ({"only": ["magic"]}, r"^advise: `only` must name changes of fewer steps, .*'magic'"),
        ({"only": []}, r"^advise: `only` must name changes .* got 'none'"),
        ({"split": "nowhere"}, r"^advise: `split` must be"),
        ({"data": "no-such-data"}, r"no-such-data"),
    ],
)
def test_what_makes_no_sense_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        advise(RUNS / "digits-4", **options)
