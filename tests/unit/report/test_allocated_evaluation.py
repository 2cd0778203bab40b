"""What is said of an evaluation with a T for every population."""

from dataclasses import replace

import pytest
from tests.training_results import example_point, twin_evaluation

from spikedim.circuits import RateCode
from spikedim.report import evaluation_page, evaluation_table
from spikedim.report._accuracy_figure import accuracy_alt, cost_alt, cost_figure
from spikedim.report._evaluation_words import accuracy_claim, evaluation_lines, largest_steps


@pytest.fixture
def found():
    plain = twin_evaluation()
    point = example_point(32, 0.999, allocation={"a": 32, "b": 3}, spikes_per_sample=9e3)
    points = (*plain.points[:-1], point, plain.points[-1])
    return replace(plain, points=points, code=RateCode.SIGMA_DELTA)


def test_the_row_says_that_t_is_unequal(found):
    table, plain = evaluation_table(found), evaluation_table(twin_evaluation())
    assert [row[0] for row in table.rows][-2:] == ["unequal T up to 32", "exact rates"]
    assert table.emphasised == plain.emphasised


def test_claims_are_about_one_t_for_all(found):
    plain = twin_evaluation()
    assert accuracy_claim(found) == accuracy_claim(plain)
    assert largest_steps(found) == largest_steps(plain)


def test_lines_name_the_code_and_the_smallest_t(found):
    lines = " ".join(evaluation_lines(found))
    assert "Rates become spikes by the code sigma_delta." in lines
    assert "The unequal T up to 32 gives each population a T of its own, at least 3;" in lines


def test_the_cost_figure_draws_it_beside_the_line(found):
    (axes,) = cost_figure(found, 720.0).axes
    labels = axes.get_legend_handles_labels()[1]
    assert "unequal T up to 32" in labels
    assert "unequal T up to 32" in cost_alt(found)
    assert "unequal T up to 32: 99.9" in accuracy_alt(found)


def test_the_page_holds_it(found):
    assert "unequal T up to 32" in evaluation_page(found)
