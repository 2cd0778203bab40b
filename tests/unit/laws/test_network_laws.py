"""Laws of a trained network, on curves made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.planning_examples import example_inputs
from tests.response_results import MEAN_SQUARE, OUTPUTS, K, example_curve
from tests.training_results import example_evaluation, twin_evaluation

from spikedim._core import AssumptionError, InputError
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.laws import (
    Accuracy,
    Empirical,
    EmpiricalCurve,
    LawTarget,
    Response,
    curve,
    empirical_curve,
    epsilon_at,
    evaluate,
    network_laws,
    output_epsilon,
    squared_output_error,
    waiting_laws,
)

KINDS = list(EpsilonKind)


def coded(epsilon="0.1:relative", **changes):
    """Inputs with a rate-coded network whose squared error is K / (T + 3)."""
    found = example_curve(**changes)
    return example_inputs(curve=found, epsilon=Epsilon.parse(epsilon))


def evaluated(power=2.0, steps=(1, 2, 4, 8, 16, 32, 64), accuracies=None, deviation=0.05):
    """An evaluation whose squared error is 8 / T^power."""
    base = example_evaluation()
    point = base.points[0]
    right = accuracies or [0.5, 0.8, 0.95, 0.97, 0.97, 0.97, 0.97]
    points = tuple(
        replace(
            point,
            steps=t,
            accuracy=right[n],
            agreement=1.0 if t == steps[-1] else 0.9 + 0.01 * n,
            squared_error=0.0 if t == steps[-1] else 8.0 * t**-power,
            squared_error_deviation=deviation * 8.0 * t**-power,
        )
        for n, t in enumerate(steps)
    )
    return replace(base, points=points, reference_mean_square=100.0, samples=400)


def direct(epsilon="0.1:relative", **changes):
    """Inputs with a directly coded network."""
    found = empirical_curve(evaluated(**changes))
    return example_inputs(empirical=found, epsilon=Epsilon.parse(epsilon))


def test_response_is_the_law_that_its_curve_states():
    row = evaluate(Response(), coded())
    assert row.reason == ""
    assert row.target is LawTarget.OUTPUT_ERROR
    assert row.steps == math.ceil(K / (0.01 * MEAN_SQUARE) - 3) == 17
    assert row.unrounded == pytest.approx(17.0, abs=0.05)
    assert row.low < 17 < row.high
    assert row.population.neurons == 7168
    assert row.spikes == pytest.approx(7168 * 0.16 * 17)
    assert [cause.name for cause in row.causes] == ["samples behind K and its calibration"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [1, 2, 5, 40, 1000])
def test_epsilon_at_inverts_the_response(kind, steps):
    inputs = coded(f"0.3:{kind.value}")
    epsilon = epsilon_at(Response(), inputs, steps=float(steps))
    found = squared_output_error(Epsilon(epsilon, kind), outputs=OUTPUTS, mean_square=MEAN_SQUARE)
    assert found == pytest.approx(K / (steps + 3), rel=1e-6)
    assert evaluate(Response(), inputs.with_epsilon(epsilon)).steps == steps


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_error_survives_the_way_there_and_back(kind):
    squared = squared_output_error(Epsilon(0.3, kind), outputs=10, mean_square=7.0)
    want = {EpsilonKind.FRO: 0.09, EpsilonKind.RMS: 0.9, EpsilonKind.RELATIVE: 0.63}[kind]
    assert squared == pytest.approx(want)
    assert output_epsilon(squared, kind, outputs=10, mean_square=7.0) == pytest.approx(0.3)


def test_response_says_that_epsilon_is_of_the_outputs_and_its_scope():
    said = " ".join(evaluate(Response(), coded()).warnings)
    assert "error of the 10 outputs against exact rates" in said
    assert "Scope: rate-coded twins, circuits and noise-trained nets" in said
    warned = evaluate(Response(), coded(warnings=("K is not the limit.",))).warnings
    assert warned[-1] == "K is not the limit."
    trivial = evaluate(Response(), coded("1.5:relative")).warnings
    assert trivial[0] == "The target is trivial: an output of 0 meets it."


def test_one_sample_is_said_to_give_no_interval():
    single, many = coded(n_samples=1), coded()
    for law in (Response(), Accuracy()):
        assert any(text.startswith("One sample") for text in law.warnings(single))
        assert not any(text.startswith("One sample") for text in law.warnings(many))


def test_a_target_trivial_for_the_data_is_not_for_outputs():
    row = evaluate(Response(), coded("0.4:fro"))
    assert not any("constant answer" in warning for warning in row.warnings)


def test_accuracy_is_the_first_whole_step_within_the_tolerance():
    inputs = coded()
    row = evaluate(Accuracy(), inputs)
    assert row.target is LawTarget.ACCURACY
    assert inputs.curve.at(row.steps).accuracy >= 0.95 > inputs.curve.at(row.steps - 1).accuracy
    assert row.low <= row.steps <= row.high
    wider = evaluate(Accuracy(), replace(inputs, tolerance=0.2))
    assert wider.steps < row.steps
    assert "Within 20 points of 97.0 %, the accuracy with exact rates." in wider.warnings[0]
    assert row.unrounded == evaluate(Accuracy(), inputs.with_epsilon(0.5)).unrounded


def test_no_error_answers_for_accuracy():
    with pytest.raises(AssumptionError, match=r"`law` must speak of an error; got accuracy"):
        epsilon_at(Accuracy(), coded(), steps=4.0)
    none = evaluate(Accuracy(), coded(accuracy_target="", reference_accuracy=None))
    assert none.steps is None
    assert "needs a class for every sample" in none.reason


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_empirical_line_goes_through_what_was_evaluated(power):
    found = empirical_curve(evaluated(power))
    assert found.steps == (1, 2, 4)
    assert found.reference_steps == 64
    assert found.exponent == pytest.approx(power)
    for steps in (1, 2, 3, 4, 50):
        error = 8.0 * steps**-power
        assert found.squared_error_at(float(steps)) == pytest.approx(error)
        assert found.steps_for(error) == pytest.approx(steps)


def test_empirical_law_goes_both_ways_and_widens_beyond_its_points():
    inputs = direct("0.1:relative")  # allowed 1.0: T = sqrt(8)
    row = evaluate(Empirical(), inputs)
    assert row.steps == 3
    assert row.unrounded == pytest.approx(math.sqrt(8))
    assert [cause.name for cause in row.causes] == ["samples behind the errors"]
    assert epsilon_at(Empirical(), inputs, steps=2.0) == pytest.approx(math.sqrt(2 / 100))
    far = evaluate(Empirical(), inputs.with_epsilon(0.01))  # allowed 0.01: T = 28, of 4 evaluated
    names = {cause.name for cause in far.causes}
    assert "exponent beyond the evaluated T" in names
    assert far.high / far.steps > 2
    assert "Extrapolated beyond T = 4, the last one used." in far.warnings


def test_a_flat_error_has_no_empirical_law():
    row = evaluate(Empirical(), direct(power=0.0))
    assert row.steps is None
    assert "needs an error that falls with T" in row.reason


def test_a_slow_line_and_a_loss_of_accuracy_are_named():
    slow = empirical_curve(evaluated(0.3))
    assert "trust no T beyond" in slow.warnings[0]
    worse = [0.5, 0.8, 0.97, 0.95, 0.93, 0.92, 0.90]
    found = empirical_curve(evaluated(accuracies=worse))
    assert "More steps cost accuracy here" in found.warnings[0]


def test_accuracy_of_a_direct_net_is_read_between_points_and_never_beyond():
    found = empirical_curve(evaluated())
    assert found.accuracy_at(4.0) == pytest.approx(0.95)
    assert found.accuracy_at(math.sqrt(2 * 4)) == pytest.approx(0.875)
    with pytest.raises(AssumptionError, match=r"`steps` must be from 1 to 64"):
        found.accuracy_at(65.0)
    value, low, high = found.steps_for_accuracy(tolerance=0.02)
    assert value == pytest.approx(4.0)
    assert 1 <= low < value < high <= 64
    row = evaluate(Accuracy(), direct())
    assert row.steps == 4
    assert "the best accuracy evaluated" in row.warnings[0]


def test_a_tolerance_met_at_once_takes_the_first_point():
    found = empirical_curve(evaluated())
    assert found.steps_for_accuracy(tolerance=0.5)[0] == 1.0
    with pytest.raises(InputError, match=r"`tolerance` must be"):
        found.steps_for_accuracy(tolerance=0.0)


def test_each_law_refuses_the_other_network_with_the_reason():
    assert (
        "is directly coded and follows the empirical law" in evaluate(Response(), direct()).reason
    )
    assert "is rate-coded and follows the response law" in evaluate(Empirical(), coded()).reason
    bare = example_inputs()
    for law in network_laws():
        row = evaluate(law, bare)
        assert row.steps is None
        assert "needs" in row.reason
        assert row.target is law.target


def test_waiting_rows_name_the_same_laws():
    assert [row.law for row in waiting_laws()] == [law.name for law in network_laws()]


def test_an_evaluation_must_reach_sixteen_times_its_steps():
    short = evaluated(steps=(1, 2, 4, 8, 16))
    with pytest.raises(InputError, match=r"at most a sixteenth of the largest; got T = 1, 2, 4"):
        empirical_curve(short)
    with pytest.raises(AssumptionError, match=r"a directly coded spiking network.*response law"):
        empirical_curve(twin_evaluation())


def test_curves_fall_and_hold_their_band():
    for law, inputs in ((Response(), coded()), (Empirical(), direct())):
        drawn = curve(law, inputs, [0.02, 0.05, 0.1, 0.2])
        assert list(drawn.steps) == sorted(drawn.steps, reverse=True)
        assert all(a <= b <= c for a, b, c in zip(drawn.low, drawn.steps, drawn.high, strict=True))


def test_an_empirical_curve_survives_a_file(tmp_path):
    found = empirical_curve(evaluated())
    found.to_json(tmp_path / "curve.json")
    assert EmpiricalCurve.from_json((tmp_path / "curve.json").read_text("utf-8")) == found


def test_a_step_whose_error_rises_does_not_confuse_the_law():
    # T = 2 errs more than T = 1: the smallest T that meets a target in between is beyond.
    found = example_curve(
        interpolated=True,
        calibration_steps=(1, 2, 4),
        calibration_errors=(5.0, 6.0, 2.0),
        coefficients=(3.0, 4.0, 6.0),
        log_covariance=0.0001 * np.eye(4),
        calibration_accuracies=(0.4, 0.5, 0.7),
        calibration_deviations=(0.02,) * 3,
        group_accuracies=np.tile([0.4, 0.5, 0.7], (4, 1)),
    )
    inputs = example_inputs(curve=found, epsilon=Epsilon(math.sqrt(4.9), EpsilonKind.FRO))
    row = evaluate(Response(), inputs)
    assert row.steps >= 3
    assert row.steps - 1 < row.unrounded <= row.steps
