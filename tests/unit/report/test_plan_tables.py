from dataclasses import replace

import pytest
from tests.planning_examples import example_comparison, example_estimate, example_plan
from tests.report_examples import bare_plan

from spikedim.bounds import Entries
from spikedim.report import (
    bounds_table,
    bounds_tables,
    comparison_table,
    dimensions_table,
    energy_table,
    laws_table,
    layers_table,
    rungs_table,
)

DASH, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"


def test_laws_emphasise_the_one_that_answers():
    table = laws_table(example_plan(law="reconstructed"))
    assert table.cells[table.emphasised][0] == "reconstructed"
    assert table.cells[0][1] == f"5 (4{DASH}6)"


def test_a_law_out_of_scope_says_why():
    row = laws_table(example_plan()).cells[2]
    assert row[1:3] == (DASH, DASH)
    assert row[4] == "not applicable: needs a trained or compiled network."


def test_dimensions_flag_a_lower_bound():
    cells = dimensions_table(example_plan().dimensions, "pca95").cells
    assert cells[0][:4] == ("pca95 (fraction 0.95)", f"29 (28.4{DASH}29.6)", f"9{DASH}15", "29.2")
    assert cells[0][4] == ""
    assert cells[1][4] == "still rising with n: a lower bound"


def test_an_unknown_estimator_is_not_emphasised():
    assert dimensions_table((example_estimate(),), "two_nn").emphasised is None


def test_bounds_say_when_they_do_not_apply():
    cells = bounds_table(example_plan()).cells
    assert cells[0][:4] == ("rate code steps", "69", "steps", "lower bound")
    assert cells[1][6] == "False for codes other than rate codes."
    assert cells[2][1] == DASH
    assert cells[2][6] == "not applicable: epsilon is above 0.242 L."


def test_the_page_gathers_steps_spikes_verdicts_and_reasons():
    tables = {table.title: table.cells for table in bounds_tables(example_plan())}
    assert tables == {
        "Bounds that speak of this data": (
            ("rate code", "69", DASH, DASH, "lower bound", "this data", "16 x 4 population"),
        ),
        "Published forms for its shape": (
            ("published spike count", DASH, "27 k", DASH, "published", "", "16 x 4 population"),
        ),
        "Published forms, and what holds of them": (
            ("published spike count", "False for codes other than rate codes."),
        ),
        "Bounds that do not apply": (("epsilon is above 0.242 L.", "information bound"),),
    }


def test_bounds_of_the_model_stand_apart():
    plan = example_plan()
    model = replace(plan.bounds[0], population="16 x 64", layer="spikformer-2-64 stem")
    (table,) = bounds_tables(replace(plan, bounds=(model,)))
    assert table.title == "Bounds for the populations of the model"
    assert table.cells[0][-1] == "spikformer-2-64 stem: 16 x 64"
    assert rungs_table(replace(plan, bounds=(model,))).rows == ()


def test_rungs_put_steps_and_spikes_of_one_theorem_side_by_side():
    plan = example_plan()
    steps = plan.bounds[0]
    spikes = replace(steps, name="rate_code_spikes", unit="spikes", value=2240.0)
    fewer = replace(steps, name="latency_steps", value=6.0)
    cells = rungs_table(replace(plan, bounds=(steps, spikes, fewer))).cells
    assert [row[:3] for row in cells] == [("latency", "6", DASH), ("rate code", "69", "2,240")]


def test_rungs_are_the_nearest_that_speak_of_the_data_and_the_published_ones():
    plan = example_plan()
    rung, published, _ = plan.bounds
    many = tuple(
        replace(rung, name=f"theorem_{value}_steps", value=float(value)) for value in range(1, 20)
    )
    uniform = replace(rung, name="uniform_steps", value=5.0, entries=Entries.UNIFORM)
    names = [row[0] for row in rungs_table(replace(plan, bounds=(*many, uniform, published))).cells]
    assert names == [f"theorem {value}" for value in (3, 4, 5, 6, 7, 8)] + ["published spike count"]


def test_bounds_of_other_entries_stand_apart():
    plan = example_plan()
    uniform = replace(plan.bounds[0], entries=Entries.UNIFORM)
    (table,) = bounds_tables(replace(plan, bounds=(uniform,)))
    assert table.title == "Bounds for other entries in its place"
    assert table.cells[0][-2] == "uniform entries"


def test_laws_that_do_not_apply_can_be_left_out():
    assert [row[0] for row in laws_table(example_plan(), applicable=True).cells] == [
        "wiener",
        "reconstructed",
    ]


def test_energy_gives_twin_over_spiking_net():
    rows = energy_table(example_plan()).rows
    assert [row[1] for row in rows[:4]] == ["spiking net", "fp32 twin", "8-bit twin", "3-bit twin"]
    assert rows[0][3].text == DASH
    assert rows[1][3].value == pytest.approx(10)
    assert rows[1][3].text == f"10{TIMES}"


def test_energy_without_a_spiking_net_has_no_ratio():
    plan = example_plan()
    twins = tuple(entry for entry in plan.energy if entry.subject != "snn")
    assert {row[3].text for row in energy_table(replace(plan, energy=twins)).rows} == {DASH}


def test_layers_multiply_neurons_rate_and_steps():
    row = layers_table(example_plan()).rows[0]
    assert row[0] == "stem"
    assert row[3].value == 4096 * 0.2 * 5


def test_a_plan_without_model_has_no_layers():
    assert layers_table(bare_plan()).rows == ()


def test_comparison_shows_a_ratio_or_nothing():
    cells = comparison_table(example_comparison()).cells
    assert cells[0] == ("steps", "5 (4-6)", "3 (2-4)", "steps", f"0.60{TIMES}", "")
    assert cells[1][4] == DASH
