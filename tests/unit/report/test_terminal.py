import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.circuit_examples import example_sweep
from tests.planning_examples import example_comparison, example_measurement, example_plan
from tests.report_examples import HOSTILE, bare_plan, hostile_plan

from spikedim.report import (
    Column,
    Table,
    as_text,
    circuit_table,
    circuit_view,
    comparison_view,
    inverse_lines,
    laws_table,
    measurement_view,
    plain_view,
    plan_view,
    table_view,
)

VIEWS = {
    "plan": lambda: plan_view(example_plan()),
    "bare": lambda: plan_view(bare_plan()),
    "hostile": lambda: plan_view(hostile_plan()),
    "measurement": lambda: measurement_view(example_measurement()),
    "comparison": lambda: comparison_view(example_comparison()),
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("width", [60, 100])
def test_no_line_is_wider_than_asked(name, width):
    assert max(map(cell_len, as_text(VIEWS[name](), width=width).splitlines())) <= width


@pytest.mark.parametrize("name", VIEWS)
def test_text_has_no_escape_sequences_or_trailing_spaces(name):
    text = as_text(VIEWS[name]())
    assert "\x1b" not in text
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_the_first_line_is_the_answer():
    text = as_text(plan_view(example_plan()))
    assert text.startswith("For a relative error of 10 % on digits")


def test_warnings_are_last_and_say_what_to_do():
    lines = as_text(plan_view(example_plan())).rstrip().splitlines()
    assert lines[-1] == (
        "Warning: d still rises with the number of samples. Measure on more samples."
    )


def test_numbers_are_right_aligned_under_a_header_with_its_unit():
    lines = as_text(table_view(laws_table(example_plan()))).splitlines()
    header = next(line for line in lines if "T [steps]" in line)
    row = next(line for line in lines if line.startswith("wiener"))
    assert header.index("T [steps]") + len("T [steps]") == row.index("5 (4") + len("5 (4-6)")


def test_markup_in_a_name_is_shown_not_obeyed():
    text = as_text(plan_view(example_plan(headline="[bold]x[/bold] [link=y]z[/link]")))
    assert text.startswith("[bold]x[/bold] [link=y]z[/link]\n")


def test_a_paragraph_is_shown_as_it_is():
    assert as_text(plain_view("[red]2[/red] 3")) == "[red]2[/red] 3\n\n"


def test_hostile_names_reach_the_terminal_without_control_characters():
    assert HOSTILE[:8] in as_text(plan_view(hostile_plan()))


def test_a_terminal_gets_colour_and_the_answer_in_bold():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=100)
    console.print(plan_view(example_plan()))
    assert stream.getvalue().startswith("\x1b[1m")


def test_inverse_answers_are_sentences():
    assert inverse_lines(example_plan()) == (
        "T = 4 buys an error of 0.11:relative [law: wiener].",
        (
            "To cost less than the 8-bit twin at T = 5, stay under 0.11 spikes per neuron and step "
            "[M1 sop+memory]."
        ),
        "0.50 mJ pays for 757 steps at a rate of 0.2 [M1 sop+memory].",
        "0.50 mJ pays for T = 5 at a rate of at most 1.0 [M1 sop+memory].",
        (
            "The whole network fires 22 k spikes per sample at T = 5 if every layer fires at 0.2 "
            "(assumed)."
        ),
    )


def test_a_plan_without_model_says_why_there_is_no_energy():
    assert "No energy: no model was named." in as_text(plan_view(bare_plan()))


def test_names_are_not_broken_where_a_remark_could_be():
    names = ("participation_ratio_corrected", "water_filling_rank (distortion 0.234794)")
    rows = tuple((name, "still rising with n: a lower bound, " * 4) for name in names)
    text = as_text(table_view(Table("t", (Column("estimator"), Column("remark")), rows)))
    assert "participation_ratio_corrected " in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("width", [28, 40, 60, 80, 100])
def test_no_number_is_cut_however_narrow_the_terminal(width):
    columns = (Column("T", numeric=True), Column("verdict"),
               *(Column(f"long name {k}", numeric=True) for k in range(5)))  # fmt: skip
    table = Table("t", columns, (("1,024", "FAILS", *("0.031 (0.028–0.035)",) * 5),))
    text = as_text(table_view(table), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("0.031") == text.count("0.035)") == 5
    assert "FAILS" in text
    assert "1,024" in text


def test_a_narrow_terminal_loses_expendable_columns_in_order_and_says_which():
    columns = (
        Column("T", numeric=True),
        Column("law", numeric=True, expendable=1),
        Column("worst", numeric=True, expendable=2),
        Column("bound", numeric=True),
    )
    table = Table("t", columns, ((*("0.123456789",) * 4,),))
    assert "Left out" not in as_text(table_view(table), width=60)
    got = as_text(table_view(table), width=50)
    assert "Left out of so narrow a table: worst.\n" in got
    assert got.count("0.123456789") == 3
    assert "law, worst.\n" in as_text(table_view(table), width=30)
    assert as_text(table_view(table), width=24).count("0.123456789") == 4  # a list of cells


@pytest.mark.parametrize("width", [60, 80])
def test_verdicts_and_numbers_of_a_circuit_survive_a_narrow_terminal(width):
    sweep = example_sweep()
    text = as_text(circuit_view(sweep), width=width)
    assert max(map(len, text.splitlines())) <= width
    shown = {i for i, c in enumerate(circuit_table(sweep).columns) if not c.expendable}
    rows = [line.split() for line in text.splitlines()]
    for row in circuit_table(sweep).cells:
        want = {word for place in shown for word in row[place].split()}
        assert any(want <= set(line) for line in rows), row
