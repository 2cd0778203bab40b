"""The documents say what is true of the code."""

import importlib
import importlib.util
import json
import os
import re
import runpy
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
import typer
import yaml

import spikedim
from spikedim import dimension, models
from spikedim.cli._app import app

LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(path, language):
    return [body for kind, body in FENCE.findall(path.read_text("utf-8")) if kind == language]


def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target, _ in LINK.findall(text)]
    built = ("auto_examples/", "reference/generated/")
    missing = [t for t in targets if not t.startswith(built) and not (page.parent / t).exists()]
    assert missing == []


def exists(dotted):
    """Say whether a dotted name is a module or something in one."""
    room, _, name = dotted.rpartition(".")
    if importlib.util.find_spec(dotted if room == "spikedim" else room) is None:
        return False
    return room == "spikedim" or hasattr(importlib.import_module(room), name)


def test_names_and_files_of_a_page_exist(root, page):
    code = re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text(encoding="utf-8")))
    names = {text for text in code if re.fullmatch(r"spikedim(\.\w+){1,2}", text)}
    assert [name for name in sorted(names) if not exists(name)] == []
    folders = "src|tests|docs|benchmarks|examples"
    kinds = "unit|property|reference|theory|contract|meta|cli|browser"
    paths = {text for text in code if re.fullmatch(rf"({folders}|{kinds})/[\w/.-]+\.\w+", text)}
    real = {
        p for p in paths if not re.search("_my_|_family", p)
    }  # recipes name a file that is yet to be written
    assert [
        p for p in sorted(real) if not ((root / p).exists() or (root / "tests" / p).exists())
    ] == []


def test_every_make_target_of_a_page_exists(root, page):
    for folder in re.findall(r"make -C ([\w/]+)", page.read_text(encoding="utf-8")):
        assert (root / folder / "Makefile").is_file()
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    shell = "\n".join(blocks(page, "sh") + blocks(page, "bash") + blocks(page, "console"))
    used = re.findall(r"^\$? ?make ([a-z][a-z -]*)", shell, re.MULTILINE)
    used += re.findall(r"`make ([a-z][a-z -]*)`", text)
    assert {word for names in used for word in names.split()} - targets == set()


def shell_commands(page):
    """Yield the words of every spikedim command in a page's shell blocks."""
    for body in blocks(page, "sh") + blocks(page, "bash") + blocks(page, "console"):
        for line in body.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words and Path(words[0]).name == "spikedim":
                yield words[1:]


def test_every_spikedim_command_of_a_page_exists(page):
    root = typer.main.get_command(app)
    for words in shell_commands(page):
        command, rest = root, list(words)
        while rest and hasattr(command, "commands"):
            assert rest[0].startswith("-") or rest[0] in command.commands, words
            command = command.commands.get(rest.pop(0), command)
        known = {opt for c in (root, command) for param in c.params for opt in param.opts}
        options = {word.partition("=")[0] for word in rest if word.startswith("-")}
        assert options <= known | {"--help", "-h"}, words


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/adding-a-model.md",
        "docs/checkpoints.md",
        "docs/circuits.md",
        "docs/models.md",
    ],
)
def test_the_python_of_a_page_runs(root, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = blocks(root / name, "python")
    assert found
    namespace = {"__name__": "page"}
    for block in found:
        exec(compile(block, name, "exec"), namespace)
    shown = capsys.readouterr().out
    assert shown.strip(), "the example shows something"
    for promised in re.findall(r"^print\(.*\)  +# (.+)$", "\n".join(found), re.MULTILINE):
        assert promised in shown.splitlines()


def test_the_tables_of_models_are_those_of_the_cards(root):
    script = runpy.run_path(str(root / "docs" / "model_tables.py"))
    text = (root / "docs" / "models.md").read_text("utf-8")
    assert text == script["page"](text), "run: python docs/model_tables.py"


def test_every_model_stands_in_the_table_once(root):
    text = (root / "docs" / "models.md").read_text("utf-8")
    sizes = text.partition("<!-- sizes:begin -->")[2].partition("<!-- sizes:end -->")[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([\d,]+) \|", sizes, re.MULTILINE)
    assert [name for name, _ in rows] == list(models.names())
    for name, parameters in rows:
        assert int(parameters.replace(",", "")) == models.card(name).parameters


def test_the_study_of_legacy_switches_shows_its_result(root):
    folder = root / "studies" / "legacy_switches"
    section = runpy.run_path(str(folder / "study.py"))["section"]
    text = (folder / "README.md").read_text("utf-8")
    shown = text.partition("<!-- result:begin -->\n")[2].partition("\n<!-- result:end -->")[0]
    assert shown == section(json.loads((folder / "result.json").read_text("utf-8")))


def test_the_readme_shows_what_comes_out(root):
    script = runpy.run_path(str(root / "docs" / "sample.py"))
    text = (root / "README.md").read_text("utf-8")
    assert f"```text\n{script['sample']()}\n```" in text, "run: python docs/sample.py"


def test_the_example_runs(example, tmp_path, monkeypatch):
    import matplotlib as mpl

    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    runpy.run_path(str(example.path), run_name="__main__")
    figures = plt.get_fignums()
    plt.close("all")
    assert figures, "an example draws at least one figure"


def test_an_example_says_what_it_claims(example):
    title, line = example.docstring.splitlines()[:2]
    assert line == "=" * len(title), "gallery pages start with a title underlined by ="


def test_the_changelog_has_a_place_for_the_next_change(root):
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds


def test_the_citation_is_valid_and_of_this_version(root):
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation), "the required keys of CFF 1.2.0"
    assert citation["type"] == "software"
    assert str(citation["version"]) == project["version"] == spikedim.__version__
    assert citation["license"] == project["license"]
    assert all({"name"} <= set(a) or {"family-names"} <= set(a) for a in citation["authors"])


def test_the_schema_in_the_docs_is_current(root, result_class):
    name = result_class.schema.split("/")[0].removeprefix("spikedim.")
    path = root / "docs" / "_static" / "schemas" / f"{name}.json"
    assert path.is_file(), "run: python docs/schemas.py"
    script = runpy.run_path(str(root / "docs" / "schemas.py"))
    assert json.loads(path.read_text("utf-8")) == script["schema_of"](result_class)


def test_no_schema_of_a_result_that_is_gone(root):
    script = runpy.run_path(str(root / "docs" / "schemas.py"))
    files = {path.name for path in (root / "docs" / "_static" / "schemas").glob("*.json")}
    assert files == {script["file_name"](cls) for cls in script["results"]()}


def test_the_table_of_estimators_is_right(root):
    text = (root / "docs" / "how-to-choose-an-estimator.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)`[^|]*\| ([\d.]+) \|$", text, re.MULTILINE)
    eigenvalues = np.arange(1, 513) ** -1.5
    spectrum = dimension.Spectrum(
        eigenvalues=eigenvalues,
        total_variance=float(eigenvalues.sum()),
        squared_norm=float((eigenvalues**2).sum()),
        n_samples=100_000,
        n_features=512,
        layer="features",
    )
    parameters = {
        "ridge_dimension": {"mu": 0.01},
        "water_filling_rank": {"distortion": float(0.05 * eigenvalues.sum())},
    }
    assert len(rows) == 6
    for name, shown in rows:
        value = getattr(dimension, name)(spectrum, **parameters.get(name, {})).value
        assert f"{value:.1f}".removesuffix(".0") == shown, name


CLAIM_ROW = re.compile(r"^\| *(\d+) *\|(.*)\|$", re.MULTILINE)
STATUSES = {"tested here", "implemented later"}


def claim_rows(root):
    text = (root / "docs" / "claims.md").read_text(encoding="utf-8")
    for number, rest in CLAIM_ROW.findall(text):
        yield int(number), [cell.strip() for cell in re.split(r"(?<!\\)\|", rest)]


def test_claims_are_numbered_and_have_a_status(root):
    rows = list(claim_rows(root))
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 20
    assert {cells[-1] for _, cells in rows} == STATUSES


def test_a_tested_claim_names_code_and_a_test_that_exist(root):
    problems = []
    for number, cells in claim_rows(root):
        names = re.findall(r"`(spikedim\.[\w.]+)`", cells[-2])
        tests = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", cells[-2])
        if cells[-1] == "tested here" and not (names and tests):
            problems.append(f"{number}: names no function or no test")
        for name in names:
            room, _, item = name.rpartition(".")
            if not hasattr(importlib.import_module(room), item):
                problems.append(f"{number}: {name} does not exist")
        for path, test in tests:
            if not (root / path).is_file():
                problems.append(f"{number}: {path} does not exist")
            elif test and f"def {test}(" not in (root / path).read_text("utf-8"):
                problems.append(f"{number}: {path}::{test} does not exist")
    assert problems == []


def test_a_later_claim_gives_no_evidence(root):
    wrong = [n for n, cells in claim_rows(root) if cells[-1] == "implemented later" and cells[-2]]
    assert wrong == [], "evidence for something not built yet"


def test_decisions_have_one_form(root):
    files = sorted((root / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        headings = re.findall(r"^## (.*)$", path.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name


def test_the_benchmark_page_is_rendered_from_the_results(root, monkeypatch):
    results = root / "benchmarks" / "results.json"
    monkeypatch.syspath_prepend(os.fspath(root))
    render = importlib.import_module("benchmarks.render")
    text = (root / "docs" / "benchmarks.md").read_text("utf-8")
    assert text == render.page(json.loads(results.read_text("utf-8"))["tables"]), "run: make bench"


def test_every_picture_of_a_circuit_stands_over_the_command_that_made_it(root):
    figures = runpy.run_module("docs.circuit_figures")["FIGURES"]
    text = (root / "docs" / "circuits.md").read_text("utf-8")
    shown = re.findall(
        r"!\[([^\]]+)\]\(_static/circuits/([\w-]+)\.png\)\n\n(.+)\n\n```sh\n(.+)\n```", text
    )
    assert {name: command for _, name, _, command in shown} == figures
    assert all(alt == headline for alt, _, headline, _ in shown)
    files = {path.stem for path in (root / "docs" / "_static" / "circuits").glob("*.png")}
    assert files == set(figures), "run: python -m docs.circuit_figures"
