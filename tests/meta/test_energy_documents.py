"""The page on audits and the study of energies say what is true."""

import json
import re
import runpy


def test_the_python_of_the_page_runs(root, capsys):
    text = (root / "docs" / "energy.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        exec(compile(block, "energy.md", "exec"), {"__name__": "page"})
    shown = capsys.readouterr().out
    assert "neuron binary" in shown
    assert "M3 compute+movement" in shown


def test_the_study_shows_its_result(root):
    folder = root / "studies" / "energy_audit"
    section = runpy.run_path(str(folder / "tables.py"))["section"]
    text = (folder / "README.md").read_text("utf-8")
    shown = text.partition("<!-- result:begin -->\n")[2].partition("\n<!-- result:end -->")[0]
    assert shown == section(json.loads((folder / "result.json").read_text("utf-8")))
    assert (folder / "energy_audit.png").is_file()
