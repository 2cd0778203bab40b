"""The response of a network on terminal, page and picture."""

import re
from dataclasses import replace

import pytest
from tests.planning_examples import example_law, example_plan
from tests.response_results import (
    bare_answers,
    example_answers,
    example_curve,
    example_simulation,
    example_trace,
    hostile_answers,
    large_answers,
)

from spikedim.bounds import Epsilon
from spikedim.laws import LawTarget
from spikedim.planning import InverseAnswers, NetworkSummary
from spikedim.report import (
    as_text,
    inverse_lines,
    laws_table,
    plan_page,
    plan_view,
    response_page,
    response_picture,
    response_populations_table,
    response_table,
    response_view,
)
from spikedim.response import CurveVariant

NETWORK = NetworkSummary(
    name="digits-twin",
    model="spikformer-2-64/digits:softmax",
    coding="rates",
    code="bernoulli",
    data="digits",
    split="test",
    n_samples=359,
    trace=20.0,
    evaluated_steps=(1, 4),
    reference_accuracy=0.97,
    tolerance=None,
    weights_fingerprint="sha256:0123456789abcdef",
)


def flat(view):
    return " ".join(as_text(view).split())


def run_plan(**changes):
    """A plan of a trained twin."""
    response = example_law(law="response", steps=17, low=14, high=21)
    response = replace(response, target=LawTarget.OUTPUT_ERROR)
    plan = example_plan(
        law="response",
        laws=(response, example_law()),
        steps=17,
        steps_low=14,
        steps_high=21,
        bounds=(),
        target=LawTarget.OUTPUT_ERROR,
        network=NETWORK,
        inverse=InverseAnswers(
            steps=4,
            epsilon_at_steps=0.17,
            accuracy_at_steps=0.705,
            accuracy_low=0.68,
            accuracy_high=0.73,
        ),
    )
    return replace(plan, **changes)


def test_a_curve_that_was_simulated_throughout_failed_no_check():
    found = example_answers()
    for variant, said in ((CurveVariant.SIMULATED, False), (CurveVariant.TWO_POINT, True)):
        curve = replace(found.curve, variant=variant, interpolated=True)
        text = flat(response_view(replace(found, curve=curve)))
        assert ("since two points did not predict the others" in text) is said


def test_agreement_is_not_called_accuracy():
    found = example_answers()
    curve = replace(found.curve, accuracy_target="agreement")
    text = flat(response_view(replace(found, curve=curve)))
    assert "points of agreement lost" in text
    assert "points below exact rates" not in text
    assert "points of accuracy lost" in flat(response_view(found))
    assert "points below exact rates" in flat(response_view(found))


def test_more_right_answers_than_with_exact_rates_are_said_to_be_above():
    found = example_answers()
    curve = replace(found.curve, reference_accuracy=0.7)
    text = flat(response_view(replace(found, curve=curve)))
    assert "0.5 points above exact rates" in text
    plan = run_plan()
    network = replace(plan.network, reference_accuracy=0.7)
    said = " ".join(inverse_lines(replace(plan, network=network)))
    assert "0.5 points above exact rates" in said


def test_a_share_of_k_is_no_more_than_all():
    found = example_answers()
    first, *rest = found.trace.populations
    wide = replace(first, trace_deviation=found.trace.value)
    trace = replace(found.trace, populations=(wide, *rest))
    cell = response_populations_table(replace(found, trace=trace)).rows[0][4]
    assert (cell.low, cell.high) == (0.0, 100.0)


def test_measured_points_stand_beside_predicted_ones():
    table = response_table(example_answers())
    assert [column.name for column in table.columns] == [
        "T", "error", "measured", "accuracy", "measured", "spikes"
    ]  # fmt: skip
    row = dict(zip("teambs", table.rows[2], strict=True))
    assert row["t"] == "4"
    assert row["e"].value == pytest.approx((20 / 7 / 100) ** 0.5)
    assert row["a"].value == pytest.approx((1.01 * 20 / 7 / 100) ** 0.5)
    assert row["s"].value == pytest.approx(4 * 7 * 1024 * 0.16)


def test_errors_follow_the_kind_that_was_asked_for():
    found = example_answers(epsilon=Epsilon.parse("2:fro"))
    assert response_table(found).rows[2][1].value == pytest.approx((20 / 7) ** 0.5)
    assert "A Frobenius error of 2.0" in response_page(found)


def test_a_table_without_labels_or_measurement_has_fewer_columns():
    table = response_table(bare_answers())
    assert [column.name for column in table.columns] == ["T", "error", "spikes"]


def test_agreement_is_called_agreement():
    curve = example_curve(accuracy_target="agreement with exact rates")
    found = example_answers(curve=curve)
    assert "agreement" in {column.name for column in response_table(found).columns}
    assert "% agreement with exact rates" in flat(response_view(found))


def test_shares_add_up_and_carry_intervals():
    table = response_populations_table(example_answers())
    shares = [row[4] for row in table.rows]
    assert sum(cell.value for cell in shares) == pytest.approx(100)
    assert all(cell.low < cell.value < cell.high for cell in shares)
    assert sum(row[5].value for row in table.rows) == pytest.approx(100)


def test_the_view_says_what_was_measured_and_what_to_do():
    said = flat(response_view(example_answers()))
    assert "off on average" in said
    assert "T = 4 leaves an error of 17 % and 70.5 % right, 26.5 points below" in said
    bare = flat(response_view(bare_answers()))
    assert "Only T that calibrate the curve were simulated. See others (--measure)." in bare


def test_what_is_wrong_with_a_curve_comes_with_advice():
    curve = example_curve(interpolated=True, own_asymptote=True, warnings=("It has a pole.",))
    found = example_answers(curve=curve, warnings=curve.warnings)
    said = flat(response_view(found))
    assert "interpolated between them" in said
    assert "K is not its limit" in said
    assert "It has a pole. Trust the measured points over the curve." in said
    said = flat(response_view(replace(found, simulation=None)))
    assert "It has a pole. Simulate the T you mean (--measure)." in said


def test_a_lone_point_far_from_the_curve_is_the_worst():
    simulation = example_simulation()
    points = (replace(simulation.points[0], squared_error=10.0), *simulation.points[1:])
    said = flat(response_view(example_answers(simulation=replace(simulation, points=points))))
    assert "50 % at most (T = 1)" in said


@pytest.mark.parametrize(
    "make", [example_answers, bare_answers, large_answers], ids=["example", "bare", "large"]
)
def test_a_page_is_whole_and_small(make):
    page = response_page(make())
    assert len(page) < 1_500_000
    assert "Where the error comes from" in page
    assert ("Accuracy against T" in page) is (make is not bare_answers)
    assert len(re.findall(r"<svg ", page)) >= 3
    assert max(map(len, as_text(response_view(make())).splitlines())) <= 100


def test_names_on_a_page_are_escaped():
    page = response_page(hostile_answers())
    assert "<script>alert" not in page
    assert "onerror=alert" not in page.replace("&#34;", "").split("<main")[0]


def test_a_picture_is_drawn_the_same_each_time():
    first, second = (response_picture(example_answers()) for _ in range(2))
    assert first.startswith(b"\x89PNG")
    assert first == second
    assert response_picture(bare_answers()).startswith(b"\x89PNG")


def test_a_sigma_delta_curve_names_its_power():
    trace = example_trace(exponent=2)
    found = example_answers(trace=trace, curve=example_curve(exponent=2))
    assert "is K / T^2 where" in flat(response_view(found))


def test_a_plan_of_a_run_shows_what_each_law_is_for():
    plan = run_plan()
    table = laws_table(plan)
    assert [row[1] for row in table.rows] == ["error of the outputs", "error of the data"]
    assert "steps for" not in {column.name for column in laws_table(example_plan()).columns}
    page = plan_page(plan)
    assert "Ladder of bounds" not in page
    assert "T = 17 (14\N{EN DASH}21) by response, the law of this network" in page
    assert "error target of the network" in page
    assert "bounds are on the page" not in as_text(plan_view(plan))


def test_a_plan_of_a_run_is_read_backwards_in_error_and_accuracy():
    lines = inverse_lines(run_plan())
    assert lines[0] == "T = 4 buys an error of 0.17:relative [law: response]."
    assert lines[1] == (
        "T = 4 leaves 70.5 (68.0\N{EN DASH}73.0) % right, 26.5 points below exact rates "
        "[law: accuracy]."
    )


def test_a_plan_for_accuracy_marks_a_level_and_no_error():
    plan = run_plan(
        law="accuracy",
        target=LawTarget.ACCURACY,
        network=replace(NETWORK, tolerance=0.02, code=""),
    )
    page = plan_page(plan)
    assert "For the accuracy, accuracy gives T = 17" in page
    assert "not asked for: at most 2 points are lost" in page
    assert "[law: empirical]" in inverse_lines(plan)[0]
    assert "below the best evaluated" in inverse_lines(plan)[1]
