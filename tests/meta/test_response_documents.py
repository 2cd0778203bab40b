"""The study of the response law shows what its result says, and draws no other conclusions."""

import json
import runpy

import pytest


@pytest.fixture(scope="module")
def folder(root):
    return root / "studies" / "response_law"


@pytest.fixture(scope="module")
def tables(folder):
    return runpy.run_path(str(folder / "tables.py"))


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / "result.json").read_text("utf-8"))


def test_the_study_shows_its_result(folder, tables, result):
    text = (folder / "README.md").read_text("utf-8")
    shown = text.partition("<!-- result:begin -->\n")[2].partition("\n<!-- result:end -->")[0]
    assert shown == tables["section"](result)


def test_the_study_concludes_from_its_nets(tables, result):
    found = json.loads(json.dumps(tables["conclusions"](result)))
    assert found == {key: result[key] for key in found}
    assert found["verdict"]


def test_the_page_shows_every_picture(folder):
    text = (folder / "README.md").read_text("utf-8")
    for name in ("errors.png", "accuracies.png", "ratios.png"):
        assert f"]({name})" in text
        assert (folder / name).is_file()


def test_every_net_was_declared_or_is_kept_by_the_other_study(folder, result):
    kept = folder.parent / "cpu_training" / "runs"
    for name in result["nets"]:
        assert name in result["declared_minutes"] or (kept / name / "run.json").is_file()
