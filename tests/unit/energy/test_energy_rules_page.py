"""The manual's page on energy says what the code does."""

import re
from pathlib import Path

from spikedim.energy import constants

DOCS = Path(__file__).parents[3] / "docs"


def test_every_constant_is_in_the_table_as_the_code_has_it():
    page = (DOCS / "energy-rules.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    table = {cells[1].strip(" `"): cells for cells in (re.split(r"\s*\|\s*", row) for row in rows)}
    shown = {name: cells for name, cells in table.items() if " " not in name}
    assert set(shown) == {constant.name for constant in constants()}
    for constant in constants():
        cells = shown[constant.name]
        word, node = (
            str(x) if x is not None else "" for x in (constant.word_bits, constant.node_nm)
        )
        assert cells[2:9] == [
            f"{constant.value:g}",
            constant.unit,
            word,
            node,
            str(constant.confidence),
            constant.source,
            constant.scope,
        ]


def test_the_examples_run(capsys):
    page = "energy-rules.md"
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {"__name__": "page"})
    assert capsys.readouterr().out.strip()
