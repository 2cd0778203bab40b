"""The curve of a network: what it passes through, what it checks, how it is asked."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.response_results import example_curve
from tests.trace_examples import Answer, Layered, Linear, generator, matrix, uniform

from spikedim._core import InputError
from spikedim.bounds import Epsilon
from spikedim.response import CurveVariant, response_curve, response_trace, simulate_response
from spikedim.response.curve._error_law import ErrorLaw, is_guarded

MARKS = ("first", "second")


def layered(**options):
    given = {"populations": MARKS, "generator": generator(3), "passes": 8} | options
    return response_curve(Layered(), matrix(48, 4, seed=9), **given)


@pytest.fixture(scope="module")
def curve():
    return layered()


def kinked(rates):
    """Outputs flat at the data and steep around it: the error is far above K / T at small T."""
    centred = rates - 0.5
    return torch.relu(centred.abs() - 0.12) * 8 + 0.3 * centred


@pytest.fixture(scope="module")
def kinks():
    x = 0.45 + 0.1 * uniform(64, 3, seed=4)
    return response_curve(
        Answer(kinked), x, populations=("rates",), passes=32, generator=generator()
    )


@pytest.fixture(scope="module")
def kinks_truth():
    x = 0.45 + 0.1 * uniform(64, 3, seed=4)
    return simulate_response(
        Answer(kinked), x, populations=("rates",), passes=40, generator=generator(77),
        steps=(3, 6, 12, 24, 48, 512),
    )  # fmt: skip


def test_a_smooth_network_needs_two_points(curve):
    assert curve.calibration_steps == (1, 4)
    assert not curve.interpolated
    assert [check.steps for check in curve.checks] == [16, 64]
    assert all(check.passed for check in curve.checks)
    assert "T = 16" in curve.notes[0]


def test_the_curve_is_that_of_a_simulation(curve):
    truth = simulate_response(
        Layered(), matrix(48, 4, seed=9), populations=MARKS, passes=60, steps=(2, 8, 32),
        generator=generator(99),
    )  # fmt: skip
    for point in truth.points:
        assert curve.at(point.steps).squared_error == pytest.approx(point.squared_error, rel=0.1)
        assert curve.at(point.steps).accuracy == pytest.approx(point.agreement, abs=0.05)


def test_a_kinked_network_gets_more_points(kinks):
    assert kinks.interpolated
    assert 2 in kinks.calibration_steps
    assert len(kinks.calibration_steps) > 4
    assert not all(check.passed for check in kinks.checks)


def test_more_points_predict_the_others(kinks, kinks_truth):
    for point in kinks_truth.points:
        assert kinks.at(point.steps).squared_error == pytest.approx(point.squared_error, rel=0.1)


def test_two_points_alone_do_not(kinks, kinks_truth):
    x = 0.45 + 0.1 * uniform(64, 3, seed=4)
    two = response_curve(
        Answer(kinked), x, populations=("rates",), passes=32, calibration=(1, 4),
        generator=generator(),
    )  # fmt: skip
    found, true = two.at(24).squared_error, kinks_truth.at(24).squared_error
    assert abs(found / true - 1) > 0.15


def test_kinks_at_the_data_are_no_limit_of_k():
    x = torch.full((64, 4), 0.5, dtype=torch.float64)
    model = Answer(lambda rates: torch.relu(rates - 0.5) * 6 + 0.5 * rates)
    found = response_curve(model, x, populations=("rates",), passes=32, generator=generator())
    assert found.own_asymptote
    assert any("K is not its limit" in warning for warning in found.warnings)
    truth = simulate_response(model, x, populations=("rates",), passes=40, steps=(8192,))
    assert found.at(8192).squared_error == pytest.approx(truth.at(8192).squared_error, rel=0.15)


def test_the_steps_of_a_simulation_are_passed_through(curve, kinks):
    for found in (curve, kinks):
        pairs = zip(found.calibration_steps, found.calibration_errors, strict=True)
        for steps, error in pairs:
            assert found.at(steps).squared_error == pytest.approx(error, rel=1e-12)


def test_far_away_the_error_is_k_over_steps(curve):
    far = 1 << 40
    assert curve.at(far).squared_error * far == pytest.approx(curve.trace, rel=1e-6)


def test_the_free_form_needs_no_pass():
    found = layered(variant="free")
    assert (found.calibration_steps, found.passes) == ((), 0.0)
    assert found.at(5).squared_error == pytest.approx(
        found.trace / (5 + found.trace / found.limit), rel=1e-12
    )
    assert found.coefficients == (pytest.approx(found.trace / found.limit),)


def test_the_asymptotic_form_is_k_over_steps():
    found = layered(variant="asymptotic")
    assert found.at(7).squared_error == pytest.approx(found.trace / 7, rel=1e-12)
    assert found.accuracy_target == "agreement with exact rates"
    assert found.at(100).accuracy > found.at(1).accuracy


def test_the_gradient_free_form_has_no_k():
    found = layered(variant="gradient_free")
    assert (found.trace, found.calibration_steps) == (0.0, (1, 4, 16))
    p, q, r = found.coefficients
    assert 1 / found.at(9).squared_error == pytest.approx(9 * p + q + r * np.log(9), rel=1e-9)
    full = layered()
    assert found.at(8).squared_error == pytest.approx(full.at(8).squared_error, rel=0.1)


def test_deterministic_codes_are_simulated_at_every_small_step():
    found = layered(code="sigma_delta")
    assert found.variant is CurveVariant.SIMULATED
    assert found.calibration_steps[:16] == tuple(range(1, 17))
    assert found.exponent == 2
    truth = simulate_response(
        Layered(), matrix(48, 4, seed=9), populations=MARKS, code="sigma_delta", steps=(5, 128)
    )
    assert found.at(5).squared_error == pytest.approx(truth.at(5).squared_error, rel=1e-9)
    assert found.at(128).squared_error == pytest.approx(truth.at(128).squared_error, rel=0.5)
    assert "follow no law" in found.notes[0]


def test_exact_codes_leave_zero_errors():
    x = torch.full((8, 3), 0.5, dtype=torch.float64)
    found = response_curve(Linear(matrix(2, 3)), x, code="sigma_delta")
    assert found.at(2).squared_error == 0.0
    assert found.at(3).squared_error > 0.0


def test_nothing_moves_a_network_without_noise():
    x = torch.ones(6, 3, dtype=torch.float64)
    found = response_curve(Linear(matrix(2, 3)), x)
    assert found.at(1).squared_error == 0.0
    answer = found.steps_for_error(Epsilon.parse("0.001:fro"))
    assert (answer.steps, answer.low, answer.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("text", "scale"), [("0.2:fro", 1.0), ("0.2:rms", 3.0), ("0.2:relative", None)]
)
def test_epsilon_is_a_squared_error_by_its_kind(curve, text, scale):
    expected = 0.04 * (curve.reference_mean_square if scale is None else scale)
    assert curve.squared_target(Epsilon.parse(text)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("epsilon", ["0.5:relative", "0.1:relative", "0.003:relative", "1e-4:rms"])
def test_steps_for_an_error_are_the_first_that_reach_it(curve, kinks, epsilon):
    for found in (curve, kinks):
        target, answer = Epsilon.parse(epsilon), found.steps_for_error(Epsilon.parse(epsilon))
        allowed = found.squared_target(target)
        assert found.at(answer.steps).squared_error <= allowed
        if answer.steps > 1:
            assert found.at(answer.steps - 1).squared_error > allowed
        assert found.at(answer.low).low <= allowed
        assert found.at(answer.high).high <= allowed
        assert answer.low <= answer.steps <= answer.high


def test_both_directions_agree(curve):
    steps = curve.steps_for_error(Epsilon.parse("0.1:relative")).steps
    assert curve.relative_error(steps) <= 0.1 < curve.relative_error(steps - 1)


def test_steps_for_accuracy_lose_at_most_the_tolerance(curve):
    answer = curve.steps_for_accuracy(tolerance=0.05)
    assert curve.at(answer.steps).accuracy >= 0.95
    assert curve.at(answer.steps - 1).accuracy < 0.95
    assert answer.low <= answer.steps <= answer.high
    assert curve.steps_for_accuracy(tolerance=0.01).steps > answer.steps


def test_a_corrected_read_out_gains_the_shift():
    shift = np.array([[1.0] + [0.0] * 9, [0.0] * 10])
    curve = replace(example_curve(), shift=shift)
    error = curve.calibration_errors[0]
    noise = (error - 1) / (curve.n_samples - 1)
    assert curve.corrected_error(1) == pytest.approx(error - (1 - noise))
    assert curve.corrected_error(4) == pytest.approx(curve.calibration_errors[1])
    with pytest.raises(InputError, match=r"`steps` must be a calibration step; got 2"):
        curve.corrected_error(2)


def test_labels_are_the_target_where_there_are_some():
    targets = torch.arange(48) % 3
    found = layered()
    labelled = response_curve(
        Layered(), matrix(48, 4, seed=9), targets, populations=MARKS, generator=generator(3)
    )
    assert found.accuracy_target == "agreement with exact rates"
    assert found.reference_accuracy == 1.0
    assert labelled.accuracy_target == "labels"
    assert labelled.reference_accuracy < 0.7


def test_a_saturated_accuracy_is_interpolated():
    x = torch.cat([torch.full((20, 1), 0.99), torch.full((20, 1), 0.01)], dim=1).double()
    model = Linear(torch.eye(2, dtype=torch.float64))
    found = response_curve(model, x + 0.005 * uniform(20, 2, seed=1), torch.zeros(20).long())
    assert found.decision_steps.size == 0
    assert any("interpolated" in note for note in found.notes)
    assert found.at(50).accuracy == pytest.approx(1.0, abs=0.02)


def test_single_outputs_predict_no_accuracy():
    found = response_curve(Linear(matrix(1, 3)), uniform(10, 3))
    assert (found.accuracy_target, found.at(3).accuracy) == ("", None)
    with pytest.raises(InputError, match=r"`self` must predict accuracy"):
        found.steps_for_accuracy()


def test_a_trace_is_used_and_must_fit(curve):
    model, x = Layered(), matrix(48, 4, seed=9)
    trace = response_trace(model, x, populations=MARKS)
    assert layered(trace=trace).trace == pytest.approx(curve.trace, rel=1e-12)
    with pytest.raises(InputError, match=r"`trace` must be of the same inputs"):
        response_curve(model, matrix(48, 4, seed=8), trace=trace, populations=MARKS)
    with pytest.raises(InputError, match=r"`trace` must be of sigma_delta codes; got bernoulli"):
        layered(trace=trace, code="sigma_delta")
    with pytest.raises(InputError, match=r"`trace` must be of the same populations"):
        layered(trace=trace, populations=("first",))
    with torch.no_grad():
        model.w3.mul_(2)
    with pytest.raises(InputError, match=r"`trace` must be of the same weights"):
        response_curve(model, x, trace=trace, populations=MARKS)


def test_heavy_tails_are_named():
    x = torch.zeros(40, 3, dtype=torch.float64)
    x[0] = 0.5  # the one sample with noise
    found = response_curve(Linear(matrix(2, 3)), x, passes=8)
    assert any("over samples" in warning for warning in found.warnings)


def test_result_survives_json(kinks):
    again = type(kinks).from_json(kinks.to_json())
    assert again.points_at((1, 7, 300, 5000)) == kinks.points_at((1, 7, 300, 5000))


@pytest.mark.parametrize("options", [{"variant": "free"}, {"variant": "simulated"}])
@pytest.mark.parametrize("samples", [1, 6])
def test_arrays_without_entries_keep_their_shape_in_json(options, samples):
    x = uniform(samples, 3, seed=1)
    if samples == 1:
        options = {"calibration": (1, 4)}
    found = response_curve(Linear(matrix(2, 3)), x, passes=1, **options)
    again = type(found).from_json(found.to_json())
    for name in ("shift", "group_accuracies", "group_decisions", "decision_steps"):
        assert getattr(again, name).shape == getattr(found, name).shape
    probed = response_trace(Linear(matrix(2, 3)), x, probes=2)
    again = type(probed).from_json(probed.to_json())
    assert again.covariances.shape == probed.covariances.shape == (samples, 0, 0)


def test_points_hold_every_small_step(curve):
    assert [point.steps for point in curve.points[:64]] == list(range(1, 65))
    assert curve.points[9] == curve.at(10)


def test_intervals_hold_the_value_and_shrink_with_samples():
    few = layered()
    many = response_curve(
        Layered(), matrix(480, 4, seed=9), populations=MARKS, generator=generator(3), passes=2
    )
    widths = [point.high / point.low for point in (few.at(10), many.at(10))]
    assert widths[1] < widths[0]
    assert few.at(10).low < few.at(10).squared_error < few.at(10).high
    assert few.at(1).accuracy_low < few.at(1).accuracy < few.at(1).accuracy_high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "cubic"}, r"`variant` must be one of two_point"),
        ({"calibration": (4, 1)}, r"`calibration` must be at least 2 numbers of steps, ascending"),
        ({"calibration": (4,)}, r"`calibration` must be at least 2 numbers of steps"),
        ({"calibration": (1, 1)}, r"`calibration` must be at least 2 numbers of steps"),
        ({"calibration": (0, 4)}, r"`calibration` must be an integer >= 1; got 0"),
        ({"calibration": (1, 4), "variant": "gradient_free"}, r"must be 3 numbers of steps"),
        ({"calibration": (1, 4), "variant": "free"}, r"must be 0 numbers of steps"),
        ({"passes": 0}, r"`passes` must be an integer >= 1"),
        ({"draws": 0}, r"`draws` must be an integer >= 1"),
        ({"code": "morse"}, r"`code` must be one of bernoulli"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        layered(**options)


@pytest.mark.parametrize("steps", [0, -1])
def test_steps_below_one_are_refused(curve, steps):
    with pytest.raises(InputError, match=r"`steps` must be an integer >= 1"):
        curve.at(steps)


@pytest.mark.usefixtures("untyped")
def test_fractions_of_steps_are_refused(curve):
    with pytest.raises(InputError, match=r"`steps` must be an integer >= 1; got 2\.5"):
        curve.at(2.5)


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -0.1])
def test_tolerances_out_of_range_are_refused(curve, tolerance):
    with pytest.raises(InputError, match=r"`tolerance` must be in \(0, 1\)"):
        curve.steps_for_accuracy(tolerance=tolerance)


def test_errors_without_a_first_order_are_interpolated():
    x = torch.full((32, 3), 0.6, dtype=torch.float64)
    model = Answer(lambda rates: torch.relu(rates - 0.9))  # flat at the data
    curve = response_curve(model, x, populations=("rates",), passes=4)
    assert curve.trace == 0
    assert curve.interpolated
    assert "K is 0 although errors were found" in curve.warnings[0]
    for t, error in zip(curve.calibration_steps, curve.calibration_errors, strict=True):
        point = curve.at(t)
        assert point.squared_error == pytest.approx(error)
        assert 0 < point.low <= point.squared_error <= point.high
    assert curve.at(64).squared_error == pytest.approx(curve.at(4).squared_error / 16)


def test_a_pole_far_out_is_guarded_against():
    # T + a(T) with a = 85,000 - 10,000 ln T is above T / 2 up to T = 4,096, below 0 at 20,000.
    trace, a1, slope = 1e5, 85_000.0, -10_000.0
    errors = [trace / (t + a1 + slope * math.log(t)) for t in (1, 4)]
    law = ErrorLaw(CurveVariant.TWO_POINT, False, (1, 4), 1, 0.0, False)
    assert (law.errors(np.arange(1.0, 4097), np.log([trace, *errors])) > 0).all()
    assert not is_guarded(law, np.log([trace, *errors]))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"calibration": 4}, r"`calibration` must be a sequence of integers >= 1; got 4"),
        ({"trace": 3}, r"`trace` must be a ResponseTrace; got int"),
        ({"generator": 3}, r"^response_curve: `generator` must be a torch.Generator; got int"),
        ({"memory_budget": "x"}, r"^response_curve: `memory_budget` must be a positive size"),
    ],
)
def test_wrong_types_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        layered(**options)


@pytest.mark.usefixtures("untyped")
def test_an_epsilon_is_no_text(curve):
    with pytest.raises(InputError, match=r"^ResponseCurve: `epsilon` must be an Epsilon; got '0.1"):
        curve.steps_for_error("0.1:relative")


def test_steps_beyond_the_reckoning_are_refused(curve):
    with pytest.raises(InputError, match=r"`steps` must be at most 2\*\*50; got one of 1329 bits"):
        curve.at(10**400)


def test_constant_outputs_have_no_free_form():
    x = torch.full((8, 3), 0.5, dtype=torch.float64)
    with pytest.raises(InputError, match=r"`variant` must not be free"):
        response_curve(Linear(matrix(2, 3)), x, variant="free")


def test_a_network_at_chance_has_no_accuracy_to_keep():
    x = uniform(64, 4)
    wise = Linear(4 * torch.eye(4, dtype=torch.float64))
    answers = x.argmax(dim=1)
    told = response_curve(wise, x, (answers + 1) % 4, passes=2, generator=generator()).warnings
    assert any("0 % right, no more than chance for 4 classes" in warning for warning in told)
    quiet = response_curve(wise, x, answers, passes=2, generator=generator()).warnings
    assert not any("chance" in warning for warning in quiet)
