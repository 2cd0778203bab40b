import io
import json
import os
import re
import sys
from types import SimpleNamespace

import pytest
from tests.planning_examples import example_plan

from spikedim import planning
from spikedim._core import AssumptionError, InputError, MissingExtraError, NumericsError
from spikedim.cli._plan import previews
from spikedim.planning import Plan

HEADLINE = example_plan().headline


def test_options_reach_the_planner_and_nothing_else_does(run, asked, tmp_path):
    got = run(
        "plan", "--data", "digits", "--layer", "pixels", "--model", "none", "--epsilon", "0.07:rms",
        "--rate", "0.1", "--lipschitz", "2", "--law", "subspace", "--estimator", "effective_rank",
        "--steps", "8", "--energy", "0.5", "--memory", "1GB", "--seed", "7",
    )  # fmt: skip
    assert got.code == 0
    options = asked["plan"]
    assert {name: options[name] for name in options if name not in {"generator", "progress"}} == {
        "arguments": (),
        "data": "digits",
        "layer": "pixels",
        "model": None,
        "epsilon": "0.07:rms",
        "rate": 0.1,
        "lipschitz": 2.0,
        "law": "subspace",
        "estimator": "effective_rank",
        "steps": 8,
        "samples": 512,
        "split": "test",
        "energy_mj": 0.5,
        "memory_budget": "1GB",
        "command": options["command"],
    }
    assert options["command"].startswith("spikedim plan --data digits --layer pixels ")


def test_bare_plan_leaves_every_default_to_the_planner_and_prints_them_first(run, asked):
    got = run("plan")
    given = {"data", "layer", "model", "epsilon", "rate", "lipschitz", "law"}
    assert given.isdisjoint(asked["plan"])
    first, second = got.out.split("\n\n")[:2]
    assert " ".join(first.split()) == (
        "Defaults: --data digits, --layer patches:2, --model spikformer-2-64, "
        "--epsilon 0.1:relative, --rate 0.2, --lipschitz 1 (normalised units), --law wiener"
    )
    assert " ".join(second.split()).startswith("For a relative error of 10 % on digits")


def test_the_seed_is_recorded(run, asked):
    result = Plan.from_json(run("plan", "--json", "--seed", "11").out)
    assert result.provenance.seed == 11


def test_quiet_prints_the_headline_only(run, asked):
    assert run("plan", "--quiet").out == HEADLINE + "\n"


def test_json_is_the_result_and_nothing_else(run, asked):
    got = run("plan", "--json", "--quiet")
    assert Plan.from_json(got.out) == example_plan()
    assert got.err == ""


def test_files_hold_the_result(run, asked, tmp_path):
    out, html = tmp_path / "p.json", tmp_path / "p.html"
    assert run("plan", "--out", out, "--html", html, "-q").code == 0
    assert Plan.from_json(out.read_text()) == example_plan()
    page = html.read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("data:image/png;base64,") == 24  # digits are pictures
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.html", "p.json"]


@pytest.mark.parametrize("option", ["--out", "--html"])
def test_an_unwritable_file_is_refused_before_any_work(run, asked, tmp_path, option):
    got = run("plan", option, tmp_path / "nowhere" / "x")
    assert got.code == 2
    assert asked == {}
    assert got.err.startswith(f"Error: plan: `{option}` must lie in an existing folder; got ")
    assert got.err.count("\n") == 1


def test_two_outputs_may_not_be_one_file(run, asked, tmp_path):
    got = run("plan", "--out", tmp_path / "x", "--html", tmp_path / "." / "x")
    assert (got.code, asked) == (2, {})
    assert "`--html` must differ from `--out`" in got.err


def test_an_unknown_kind_of_chart_is_refused_before_any_work(run, asked):
    got = run("plan", "--charts", "moving")
    assert (got.code, asked) == (2, {})
    assert "`--charts` must be one of static, interactive; got 'moving'" in got.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("plan: `epsilon` must be\nabove 0; got -1."), 2),
        (MissingExtraError("needs 'spikedim[hf]'"), 2),
        (NumericsError("no finite answer"), 1),
        (AssumptionError("assumption 2 fails"), 1),
        (MemoryError(), 1),
        (OSError(28, "No space left on device"), 1),
        (ZeroDivisionError("float division"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_failure_is_one_line_and_leaves_no_file(run, monkeypatch, tmp_path, error, code):
    def fail(**options):
        raise error

    monkeypatch.setattr(planning, "plan", fail)
    got = run("plan", "--out", tmp_path / "p.json", "--html", tmp_path / "p.html")
    assert got.code == code
    assert got.out == ""
    assert got.err.count("\n") == 1
    assert got.err.startswith("Interrupted" if code == 130 else "Error: ")
    assert list(tmp_path.iterdir()) == []


def test_debug_adds_the_traceback_wherever_it_stands(run, monkeypatch):
    def fail(**options):
        raise InputError("plan: wrong")

    monkeypatch.setattr(planning, "plan", fail)
    for arguments in (("--debug", "plan"), ("plan", "--debug")):
        got = run(*arguments)
        assert got.code == 2
        assert "Traceback (most recent call last)" in got.err
        assert got.err.endswith("Error: plan: wrong\n")


def test_a_failure_while_drawing_leaves_no_json_either(run, asked, monkeypatch, tmp_path):
    from spikedim import report

    def fail(*arguments, **options):
        raise NumericsError("cannot draw")

    monkeypatch.setattr(report, "plan_page", fail)
    got = run("plan", "--out", tmp_path / "p.json", "--html", tmp_path / "p.html")
    assert (got.code, list(tmp_path.iterdir())) == (1, [])


def test_output_to_a_pipe_is_plain_text(run, asked):
    out = run("plan").out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_an_interactive_page_holds_its_script(run, asked, tmp_path):
    html = tmp_path / "p.html"
    assert run("plan", "--html", html, "--charts", "interactive", "-q").code == 0
    page = html.read_text()
    assert "script-src 'unsafe-inline'" in page
    assert len(page.encode()) < 1_500_000
    assert json.dumps("wiener") in page


class Terminal(io.StringIO):
    """Standard output that claims to be a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_type_and_no_color_is_honoured(run, asked, monkeypatch, no_color):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run("plan").code == 0
    text = terminal.getvalue()
    assert "\x1b[1m" in text  # bold is no colour
    assert ("\x1b[1;33m" in text) is not no_color
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 100


def test_threads_are_set_before_anything_counts_them(run, asked):
    assert run("plan", "-q", "--threads", "3").code == 0
    assert os.environ["OMP_NUM_THREADS"] == "3"


@pytest.mark.parametrize(
    ("spec", "pictures"), [("digits", True), ("task:copy", False), ("movie-reviews", False)]
)
def test_inside_a_run_there_are_pictures_of_images_alone(spec, pictures):
    summary = SimpleNamespace(spec=spec, layer="block.0.attn@runs/first, mean over 4 steps")
    assert bool(previews(SimpleNamespace(data=summary), "1GB")) == pictures
