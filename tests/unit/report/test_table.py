import csv
import io

import pytest

from spikedim.report import Column, Quantity, Table

COLUMNS = (Column("name"), Column("T", "steps", numeric=True, interval=True))


def table(*cells):
    return Table("Steps", COLUMNS, (cells,))


def test_csv_gives_every_number_a_column_of_its_own():
    text = table("wiener", Quantity("4 (3-6)", 4, 3, 6)).to_csv()
    assert text == "name,T [steps],T low [steps],T high [steps]\nwiener,4,3,6\n"


def test_csv_leaves_unknown_numbers_empty():
    assert table("wiener", Quantity("-")).to_csv().splitlines()[1] == "wiener,,,"


def test_csv_survives_commas_quotes_and_new_lines():
    name = 'a "b", c\nd'
    rows = list(csv.reader(io.StringIO(table(name, Quantity("1", 1)).to_csv())))
    assert rows[1][0] == name


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_csv_text_is_never_a_formula(name):
    rows = list(csv.reader(io.StringIO(table(name, Quantity("1", 1)).to_csv())))
    assert rows[1][0] == f"'{name}"


def test_csv_keeps_negative_numbers():
    assert table("x", Quantity("-1", -1, -2, 0)).to_csv().splitlines()[1] == "x,-1,-2,0"


def test_latex_escapes_everything_tex_would_read():
    text = table(r"a_b & 5 % #1 $x^2$ {y} ~ \end <z>", Quantity("4", 4)).to_latex()
    row = text.splitlines()[4]
    assert row == (
        r"a\_b \& 5 \% \#1 \$x\textasciicircum{}2\$ \{y\} \textasciitilde{} "
        r"\textbackslash{}end \textless{}z\textgreater{} & 4 \\"
    )


def test_latex_aligns_numbers_right_and_writes_dashes():
    text = table("wiener", Quantity("4 (3\N{EN DASH}6), 2\N{MULTIPLICATION SIGN}", 4)).to_latex()
    assert text.startswith("\\begin{tabular}{lr}\n\\toprule\nname & T [steps] \\\\\n\\midrule\n")
    assert r"4 (3--6), 2\ensuremath{\times}" in text
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        table("only one cell").to_csv()
