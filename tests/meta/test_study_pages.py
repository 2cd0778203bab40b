"""The pages of the smaller studies show what their results say."""

import json

import pytest
from studies.advice import study as advice
from studies.decoders import study as decoders


def shown(folder):
    text = (folder / "README.md").read_text("utf-8")
    return text.partition("<!-- result:begin -->\n")[2].partition("\n<!-- result:end -->")[0]


@pytest.fixture
def studies(root):
    return root / "studies"


def test_advice_shows_its_result(studies):
    result = json.loads((studies / "advice" / "result.json").read_text("utf-8"))
    assert result["runs"]
    assert shown(studies / "advice") == advice.table(result)


def test_decoders_show_their_result(studies):
    result = json.loads((studies / "decoders" / "result.json").read_text("utf-8"))
    assert result["nets"].keys() == set(decoders.NETS)
    assert shown(studies / "decoders") == decoders.tables(result["nets"])
