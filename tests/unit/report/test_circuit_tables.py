import pytest
from tests.circuit_examples import bare_sweep, example_point, example_sweep, failing_sweep

from spikedim.report import as_text, circuit_table, circuit_view


def test_the_table_has_a_row_for_each_value():
    table = circuit_table(example_sweep())
    assert [column.name for column in table.columns] == [
        "T", "verdict", "RMS error", "relative", "by law", "closest run", "its bound",
        "spikes/row", "all spikes",
    ]  # fmt: skip
    assert table.cells[1] == (
        "64", "holds", "0.031 (0.028–0.035)", "6.2", "0.030", "0.094", "0.31", "65", "1,024",
    )  # fmt: skip
    assert table.title == (
        "RMS row error (l2), 4 runs each; closest run: largest l1 error of a row, in the run "
        "nearest its bound"
    )


def test_csv_holds_the_numbers_themselves():
    header, first, *_ = circuit_table(example_sweep()).to_csv().splitlines()
    assert header.startswith("T,verdict,RMS error,RMS error low,RMS error high,relative [%],by law")
    assert first == "16,holds,0.125,0.1125,0.140625,25.0,0.11875,0.375,1.25,17.0,256.0"


def test_verdicts_are_words():
    cells = circuit_table(failing_sweep()).cells
    assert [row[1] for row in cells] == ["SILENT", "FAILS", "holds"]
    assert circuit_table(bare_sweep()).cells == (("16", *["–"] * 6, "256"),)


def test_a_forgiven_failure_is_in_the_verdict():
    points = (example_point(16, failures=2), example_point(64))
    cells = circuit_table(example_sweep(points=points)).cells
    assert [row[1] for row in cells] == ["holds, 2 allowed", "holds"]


def test_what_is_swept_names_the_columns():
    points = tuple(example_point(m, steps=3, row_spikes=None, neurons=m) for m in (2, 4))
    table = circuit_table(example_sweep(axis="m", points=points))
    assert [column.name for column in table.columns][:2] == ["m", "T"]
    assert [column.name for column in table.columns][-2:] == ["spikes", "neurons"]
    assert table.cells[0][:2] == ("2", "3")


def test_the_terminal_gets_the_answer_first_and_warnings_last():
    text = as_text(circuit_view(failing_sweep()))
    assert text.startswith("It FAILS.\n")
    assert max(map(len, text.splitlines())) <= 100
    assert text.index("Theorem and circuit") < text.index("Warning: ")
    assert "slope fitted     -0.500 (-0.600 to -0.400, 95 %)" in text


def test_notes_are_printed():
    assert "Rows are drawn anew in each run." in as_text(circuit_view(example_sweep()))


def test_a_theorem_that_may_fail_says_how_often():
    from dataclasses import replace

    theorem = replace(example_sweep().theorem, failure_probability=1e-6)
    text = as_text(circuit_view(example_sweep(theorem=theorem)))
    assert "with probability 1e-06 per run" in text


@pytest.mark.parametrize("needle", ["none: nothing is promised", "none: an error was not measured"])
def test_what_is_missing_is_said(needle):
    assert needle in as_text(circuit_view(bare_sweep()))


def test_a_bound_that_nothing_can_break_is_no_success():
    sweep = example_sweep(vacuous_bound=1.25)
    assert [row[1] for row in circuit_table(sweep).cells] == ["vacuous", *["holds"] * 3]


def test_counts_are_of_one_copy():
    points = tuple(
        example_point(m, steps=3, row_spikes=None, rows=(), neurons=8 * m, spikes=24.0)
        for m in (2, 4)
    )
    table = circuit_table(example_sweep(axis="m", points=points, copies=8, copy="sample"))
    assert [column.name for column in table.columns][-2:] == ["spikes/sample", "neurons/sample"]
    assert [row[-2:] for row in table.cells] == [("3", "2"), ("3", "4")]
    text = as_text(circuit_view(example_sweep(points=points, copies=8, copy="sample")))
    assert "4 per sample at T = 4; x 8 copies" in text


def test_spikes_of_all_populations_stand_beside_those_of_the_rows_if_there_are_more():
    points = tuple(example_point(at, spikes=4 * (at + 1.0)) for at in (16, 64))
    table = circuit_table(example_sweep(points=points, copies=4, copy="row"))
    assert table.columns[-1].name == "spikes/row"
    table = circuit_table(example_sweep(points=points, copies=2, copy="row"))
    assert table.columns[-1].name == "all spikes/row"


def test_steps_that_are_not_t_and_the_law_are_told():
    points = tuple(example_point(at, steps=2 * at) for at in (16, 64))
    table = circuit_table(example_sweep(points=points, law="first order"))
    assert [row[:2] for row in table.cells] == [("16", "32"), ("64", "128")]
    assert "; law: first order;" in table.title
