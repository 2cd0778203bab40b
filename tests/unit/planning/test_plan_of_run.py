"""Plans and answers of trained runs, tiny ones."""

from pathlib import Path

import pytest
import torch

from spikedim._core import InputError, SilentProgress
from spikedim.bounds import EpsilonKind
from spikedim.data import open_samples
from spikedim.energy import Rules, count_operations, price
from spikedim.laws import LawTarget
from spikedim.planning import Plan, ResponseAnswers, ask_response, compare, plan
from spikedim.planning._network import loaded
from spikedim.response import response_curve
from spikedim.training import examples_of_run, fit, open_run

SAMPLES = 16


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with kept runs on the digits, a twin and a directly coded one, and an ordinary."""
    folder = tmp_path_factory.mktemp("runs")
    kept = Path(__file__).parents[3] / "studies" / "cpu_training" / "runs"
    for name, source in (("twin", "digits-twin"), ("direct", "digits-4")):
        (folder / name).symlink_to(kept / source, target_is_directory=True)
    changes = {"updates": "1", "batch_size": "32"}
    fit("spikformer-2-64/digits:ann", "digits", out=folder / "ordinary", changes=changes)
    return folder


@pytest.fixture(scope="module")
def curve(runs):
    """The curve of the twin, measured once for all its plans."""
    run = open_run(runs / "twin")
    options = {"memory_budget": "1GB", "progress": SilentProgress(), "caller": "test"}
    x, targets = loaded(run, examples_of_run(run, None, split="test", **options), SAMPLES)
    return response_curve(run.model, x, targets, passes=2)


@pytest.fixture
def measured(curve, monkeypatch):
    """Plans of the twin take its curve as found."""
    monkeypatch.setattr("spikedim.planning._network.response_curve", lambda *_, **__: curve)


@pytest.fixture(scope="module")
def twin_plan(runs, curve):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spikedim.planning._network.response_curve", lambda *_, **__: curve)
        return plan(model=runs / "twin", samples=SAMPLES, epsilon="0.3:relative")


@pytest.fixture(scope="module")
def direct_plan(runs):
    return plan(model=str(runs / "direct"), samples=SAMPLES, epsilon="0.1:relative")


@pytest.fixture(scope="module")
def answers(runs):
    return ask_response(
        runs / "twin", samples=SAMPLES, steps=(1, 4, 64), epsilon="0.3:relative", measure=True
    )


def test_a_twin_is_planned_by_its_response(twin_plan):
    assert (twin_plan.law, twin_plan.target) == ("response", LawTarget.OUTPUT_ERROR)
    rows = {row.law: row for row in twin_plan.laws}
    assert rows["response"].steps == twin_plan.steps
    assert "is rate-coded and follows the response law" in rows["empirical"].reason
    assert rows["wiener"].steps is not None
    assert [curve.law for curve in twin_plan.curves] == ["response"]
    assert twin_plan.bounds == ()
    assert twin_plan.headline.startswith(
        f"For a relative error of 30 % of its outputs (digits, test, {SAMPLES} samples), "
        "spikformer-2-64/digits:softmax needs T = "
    )


def test_the_rate_of_a_run_is_measured_and_counts_in_spikes_and_energy(twin_plan):
    rate = twin_plan.rate
    assert rate.low == rate.value == rate.high
    assert rate.source == f"measured on {SAMPLES} samples of digits"
    neurons = twin_plan.model.neurons
    assert twin_plan.network_spikes == pytest.approx(neurons * rate.value * twin_plan.steps)
    assert twin_plan.spikes_of == f"the whole network of {neurons:,} neurons"
    assert {row.subject for row in twin_plan.energy} >= {"snn", "qann_8bit"}


def test_a_plan_of_a_run_is_read_backwards_with_intervals(twin_plan, answers):
    inverse = twin_plan.inverse
    point = next(point for point in answers.points if point.steps == 4)
    want = (point.squared_error / answers.curve.reference_mean_square) ** 0.5
    assert inverse.epsilon_at_steps == pytest.approx(want, rel=0.2)  # other codes were drawn
    assert inverse.epsilon_low < inverse.epsilon_at_steps < inverse.epsilon_high
    assert inverse.accuracy_low <= inverse.accuracy_at_steps <= inverse.accuracy_high


def test_the_scope_is_said_with_every_plan(twin_plan, direct_plan):
    said = [advice.text for advice in twin_plan.advisories]
    assert any(text.startswith("Epsilon is the error of the 10 outputs") for text in said)
    assert any("rate-coded twins, circuits and noise-trained nets" in text for text in said)
    said = [advice.text for advice in direct_plan.advisories]
    assert any(text.startswith("Scope: this directly coded network") for text in said)


def test_energies_of_a_run_are_said_to_be_closed_forms(runs, twin_plan, direct_plan):
    for name, found in (("twin", twin_plan), ("direct", direct_plan)):
        last = found.advisories[-1]
        assert last.text.startswith("Energies are closed forms")
        assert f"--steps {found.steps})" in last.remedy
        coded = {"steps": found.steps}
        if name == "twin":
            coded = {"code_steps": found.steps, "code": "sigma_delta"}
        model = open_run(runs / name).model
        x = torch.from_numpy(open_samples("digits", layer="pixels").to_numpy()[:8])
        counts = count_operations(model, x.reshape(8, 1, 8, 8).float(), **coded)
        row = next(e for e in found.energy if e.subject == "snn" and e.rules == str(Rules.M0))
        assert price(counts).value_mj > 1.3 * row.value_mj  # what the warning is for


def test_a_folder_that_is_no_run_is_said_to_be_neither():
    with pytest.raises(InputError, match=r"^plan: `model` must be the name of a model or the fold"):
        plan(model="runs/nowhere")
    with pytest.raises(InputError, match="Did you mean"):
        plan(model="spikfromer-2-64")


@pytest.mark.usefixtures("measured")
def test_a_tolerance_plans_for_accuracy(runs):
    found = plan(model=open_run(runs / "twin"), samples=SAMPLES, tolerance=0.5)
    assert (found.law, found.target) == ("accuracy", LawTarget.ACCURACY)
    assert found.network.tolerance == 0.5
    assert found.headline.startswith("To stay within 50 points of ")
    assert found.inverse.epsilon_at_steps > 0
    with pytest.raises(InputError, match=r"`tolerance` must come with a run; got 0\.02"):
        plan(tolerance=0.02)


def test_a_directly_coded_run_is_planned_by_its_evaluations(direct_plan):
    assert (direct_plan.law, direct_plan.target) == ("empirical", LawTarget.OUTPUT_ERROR)
    assert direct_plan.network.evaluated_steps == (1, 2, 4, 8, 16, 32, 64)
    assert direct_plan.network.code == ""
    rows = {row.law: row for row in direct_plan.laws}
    assert "directly coded" in rows["response"].reason
    assert direct_plan.inverse.accuracy_at_steps is not None


def test_an_ordinary_run_has_no_plan(runs):
    with pytest.raises(InputError, match=r"`model` must have steps to plan; got .*:ann, an ordi"):
        plan(model=runs / "ordinary")


def test_a_law_of_the_data_may_be_asked_of_a_run(runs):
    found = plan(model=runs / "direct", samples=SAMPLES, law="wiener")
    assert (found.law, found.target) == ("wiener", LawTarget.DATA_ERROR)
    assert found.bounds
    assert found.network.name == "digits-4"
    with pytest.raises(InputError, match=r"`law` must be one that applies here; got 'response'"):
        plan(model=runs / "direct", samples=SAMPLES, law="response")


def test_a_plan_of_a_run_survives_a_file(twin_plan, direct_plan):
    for found in (twin_plan, direct_plan):
        assert Plan.from_json(found.to_json()) == found


def test_plans_for_different_errors_are_not_divided(twin_plan):
    other = plan(epsilon="0.3:relative")
    found = compare(other, twin_plan)
    assert any("error of the data, the other for error of the outputs" in r for r in found.refusals)


@pytest.mark.usefixtures("measured")
def test_opened_samples_choose_the_data_of_the_network(runs):
    found = plan(open_samples("digits"), model=runs / "twin", samples=SAMPLES)
    assert found.network.data == "digits"
    assert found.data.layer == "pixels"


def test_answers_say_k_shares_and_both_directions(answers):
    trace = answers.trace
    assert sum(row.share for row in trace.populations) == pytest.approx(1.0)
    assert trace.low < trace.value < trace.high
    assert answers.steps_for_error_low <= answers.steps_for_error <= answers.steps_for_error_high
    at = answers.curve.at(answers.steps_for_error)
    assert answers.error_of(at.squared_error) <= 0.3
    assert answers.steps_for_accuracy is not None
    assert answers.epsilon.kind is EpsilonKind.RELATIVE
    assert any(text.startswith("Scope: rate-coded twins") for text in answers.warnings)


def test_measured_points_lie_where_the_curve_says(answers):
    for point in answers.points:
        measured = answers.simulation.at(point.steps)
        assert measured.squared_error == pytest.approx(point.squared_error, rel=0.5)


def test_answers_are_small_enough_for_a_page(answers):
    assert answers.trace.covariances.size == 0
    assert answers.simulation.sample_errors.size == 0
    text = answers.to_json()
    assert len(text) < 400_000
    assert ResponseAnswers.from_json(text).to_json() == text


def test_the_seed_decides():
    found = [
        ask_response("spikformer-2-64/digits:softmax", samples=2, steps=(4,), seed=seed)
        for seed in (3, 3, 4)
    ]
    errors = [each.points[0].squared_error for each in found]
    assert errors[0] == errors[1] != errors[2]


def test_a_twin_by_name_has_random_weights_and_no_labels():
    found = ask_response("spikformer-2-64/digits:softmax", samples=8, steps=[4])
    assert not found.trained
    assert found.curve.accuracy_target == "agreement with exact rates"
    assert "weights are random (seed 0)" in found.warnings[0]


@pytest.mark.parametrize(
    ("source", "options", "needle"),
    [
        ("spikformer-2-64/digits", {}, r"`source` must be a rate-coded network; got spikformer-2-"),
        ("nowhere", {}, r"`source` must be the folder of a run or the name of a twin; got 'nowh"),
        ("nowhere", {"steps": ()}, r"`steps` must have at least one number of steps"),
        ("nowhere", {"steps": "1..4"}, r"`steps` must be a sequence of numbers of steps"),
        ("nowhere", {"code": "morse"}, r"`code` must be one of"),
        ("nowhere", {"tolerance": 0.0}, r"`tolerance` must be"),
        ("spikformer-2-64/digits:softmax", {"split": "dev"}, r"`split` must be one"),
    ],
    ids=["direct", "nowhere", "none", "text", "code", "tolerance", "split"],
)
@pytest.mark.usefixtures("untyped")
def test_bad_questions_are_refused(source, options, needle):
    with pytest.raises(InputError, match=needle):
        ask_response(source, **options)


def test_a_directly_coded_run_is_sent_to_plan(runs):
    with pytest.raises(InputError, match=r"Of this one ask `spikedim plan --model`"):
        ask_response(Path(runs / "direct"))
