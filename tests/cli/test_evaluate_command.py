import pytest
from tests.training_results import example_evaluation, twin_evaluation

from spikedim import training
from spikedim.training import Evaluation


@pytest.fixture
def evaluated(monkeypatch):
    """Answer at once with an evaluation made by hand; remember what was asked."""
    asked = {"result": example_evaluation()}

    def remember(run, **options):
        asked.update(options, run=run)
        return asked["result"]

    monkeypatch.setattr(training, "evaluate", remember)
    return asked


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (
            (),
            {"steps": None, "data": None, "split": "test", "samples": None, "draws": 1,
             "code": "bernoulli", "warm_up_steps": None, "initial_membrane": None,
             "recalibrate": 0, "seed": 0, "device": "cpu", "memory_budget": "2GB"},
        ),
        (
            ("--steps", "1,3", "--data", "mnist", "--split", "train", "--samples", "9"),
            {"steps": (1, 3), "data": "mnist", "split": "train", "samples": 9},
        ),
        (
            ("--draws", "4", "--warm-up-steps", "2", "--initial-membrane", "0.5"),
            {"draws": 4, "warm_up_steps": 2, "initial_membrane": 0.5},
        ),
        (("--code", "sigma-delta"), {"code": "sigma_delta"}),
        (("--code", "random_phase"), {"code": "random_phase"}),
        (
            ("--recalibrate", "256", "--seed", "5", "--device", "auto"),
            {"recalibrate": 256, "seed": 5, "device": "auto"},
        ),
    ],
)  # fmt: skip
def test_evaluate_asks_for_what_it_was_told(run, evaluated, words, want):
    got = run("evaluate", "runs/first", *words, "-q")
    assert (got.code, got.err) == (0, "")
    assert got.out == example_evaluation().headline + "\n"
    assert str(evaluated["run"]) == "runs/first"
    assert {key: evaluated[key] for key in want} == want
    assert evaluated["command"] == " ".join(["spikedim evaluate runs/first", *words, "-q"])


def test_evaluate_prints_writes_and_draws(run, evaluated, tmp_path):
    out, html, png = (tmp_path / name for name in ("e.json", "e.html", "e.png"))
    got = run("evaluate", tmp_path / "run", "--out", out, "--html", html, "--png", png)
    assert (got.code, got.err) == (0, "")
    flat = " ".join(got.out.split())
    assert flat.startswith(example_evaluation().headline)
    assert "4 96.9 (95.1\N{EN DASH}98.7) 0.231 13.8 k 98.9" in flat
    assert "block.0.attn.q_lif 1,024 0.088" in flat
    assert max(map(len, got.out.splitlines())) <= 100
    assert Evaluation.from_json(out.read_text("utf-8")) == example_evaluation()
    assert "<h1>" in html.read_text("utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert Evaluation.from_json(run("evaluate", "r", "--json").out) == example_evaluation()


def test_a_twin_has_a_row_of_exact_rates(run, evaluated):
    evaluated["result"] = twin_evaluation()
    lines = run("evaluate", "runs/twin", "--steps", "1..32").out.splitlines()
    assert [line for line in lines if line.startswith("exact rates ")]


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("r", "--steps", "8..1"), "evaluate: `--steps` must be a rising range from 1 on"),
        (("r", "--steps", "few"), "evaluate: `--steps` must be whole numbers"),
        (("r", "--out", "x", "--png", "x"), "`--png` must differ from `--out`"),
        (("r", "--device", "tpu"), "`device` must be one of cpu, cuda, mps, auto"),
        (("r", "--samples", "0"), "'--samples'"),
        ((), "RUN"),
    ],
)
def test_bad_input_is_one_line_before_any_work(run, evaluated, words, needle):
    got = run("evaluate", *words)
    assert (got.code, got.out) == (2, "")
    assert needle in got.err
    assert got.err.count("\n") == 1
    assert "run" not in evaluated


def test_a_folder_without_a_run_is_one_line(run, tmp_path):
    got = run("evaluate", tmp_path)
    assert (got.code, got.out) == (2, "")
    assert "which has no run.json. Give what --out named in training." in got.err
    assert got.err.count("\n") == 1
