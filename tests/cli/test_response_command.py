from pathlib import Path

import pytest
from tests.planning_examples import example_plan
from tests.response_results import bare_answers, example_answers

from spikedim import planning
from spikedim.planning import ResponseAnswers


@pytest.fixture
def answered(monkeypatch):
    """Answer at once with a result made by hand; remember what was asked."""
    asked = {"result": example_answers()}

    def remember(source, **options):
        asked.update(options, source=source)
        return asked["result"]

    monkeypatch.setattr(planning, "ask_response", remember)
    return asked


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (
            (),
            {"data": None, "split": "test", "samples": 512,
             "steps": (1, 2, 4, 8, 16, 32, 64, 128, 256), "epsilon": "0.10:relative",
             "tolerance": 0.02, "code": "bernoulli", "measure": False, "seed": 0,
             "device": "cpu", "memory_budget": "2GB"},
        ),
        (
            ("--steps", "1,3", "--data", "mnist", "--split", "train", "--samples", "9"),
            {"steps": (1, 3), "data": "mnist", "split": "train", "samples": 9},
        ),
        (
            ("--epsilon", "0.5:fro", "--tolerance", "0.1", "--code", "sigma_delta", "--measure"),
            {"epsilon": "0.5:fro", "tolerance": 0.1, "code": "sigma_delta", "measure": True},
        ),
        (("--seed", "5", "--device", "auto"), {"seed": 5, "device": "auto"}),
    ],
    ids=["defaults", "data", "targets", "shared"],
)  # fmt: skip
def test_response_asks_for_what_it_was_told(run, answered, words, want):
    got = run("response", "runs/twin", *words, "-q")
    assert (got.code, got.err) == (0, "")
    assert got.out == example_answers().headline + "\n"
    assert answered["source"] == "runs/twin"
    assert {key: answered[key] for key in want} == want
    assert answered["command"] == " ".join(["spikedim response runs/twin", *words, "-q"])


def test_response_prints_writes_and_draws(run, answered, tmp_path):
    out, html, png = (tmp_path / name for name in ("r.json", "r.html", "r.png"))
    got = run("response", "runs/twin", "--out", out, "--html", html, "--png", png)
    assert (got.code, got.err) == (0, "")
    flat = " ".join(got.out.split())
    assert "error of the outputs 0.1:relative 17 (14\N{EN DASH}21)" in flat
    assert "at most 2 points of accuracy lost 15 (12\N{EN DASH}19)" in flat
    assert "block.0.attn.v_lif 1,024 0.180 40.0 31.0" in flat
    assert "K = 20.0 (16.0\N{EN DASH}25.0)" in flat
    assert "Warning: Scope: rate-coded twins" in flat
    assert max(map(len, got.out.splitlines())) <= 100
    assert ResponseAnswers.from_json(out.read_text("utf-8")).steps_for_error == 17
    assert "<h1>" in html.read_text("utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert '"spikedim.response_answers/1"' in run("response", "r", "--json").out


def test_without_labels_there_is_no_row_of_accuracy(run, answered):
    answered["result"] = bare_answers()
    got = run("response", "spikformer-2-64/digits:softmax")
    assert "accuracy lost" not in got.out
    assert "probed in 32 random directions" in got.out


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("r", "--steps", "8..1"), "response: `--steps` must be a rising range from 1 on"),
        (("r", "--steps", "few"), "response: `--steps` must be whole numbers"),
        (("r", "--out", "x", "--png", "x"), "`--png` must differ from `--out`"),
        (("r", "--html", "no/such/r.html"), "`--html` must lie in an existing folder"),
        (("nowhere",), "`source` must be the folder of a run or the name of a twin"),
        (("spikformer-2-64/digits",), "`source` must be a rate-coded network"),
        (("r", "--epsilon", "0.1"), "`epsilon` must say which error it means"),
    ],
    ids=["falling", "words", "same-file", "no-folder", "nowhere", "direct", "kind"],
)
def test_a_bad_line_ends_with_one_sentence(run, words, needle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    got = run("response", *words)
    assert got.code == 2
    assert got.out == ""
    assert needle in " ".join(got.err.split())
    assert "Traceback" not in got.err


def test_plan_passes_a_run_and_a_tolerance(run, monkeypatch):
    asked = {}

    def remember(**options):
        asked.update(options)
        return example_plan()

    monkeypatch.setattr(planning, "plan", remember)
    assert run("plan", "--model", "runs/twin", "--tolerance", "0.05", "-q").code == 0
    assert (asked["model"], asked["tolerance"]) == ("runs/twin", 0.05)


def test_a_trained_twin_goes_through_both_commands(run, tmp_path):
    folder = Path(__file__).parents[2] / "studies" / "cpu_training" / "runs" / "digits-twin"
    got = run("response", folder, "--samples", "8", "--steps", "1,4", "--measure")
    assert (got.code, got.err) == (0, "")
    assert "What T steps lose" in got.out
    html = tmp_path / "plan.html"
    got = run(
        "plan", "--model", folder, "--samples", "8", "--epsilon", "0.5:relative", "--html", html
    )
    assert (got.code, got.err) == (0, "")
    assert "of its outputs (digits, test, 8 samples)" in " ".join(got.out.split())
    assert "error of the outputs" in html.read_text("utf-8")
    assert "Ladder of bounds" not in html.read_text("utf-8")
