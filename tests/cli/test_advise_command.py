import shlex

import pytest
from tests.advice_examples import example_advice

from spikedim import planning
from spikedim.bounds import Epsilon
from spikedim.planning import Advice


@pytest.fixture
def advised(monkeypatch):
    """Answer at once with advice made by hand; remember what was asked."""
    asked = {}

    def remember(run, **options):
        asked.update(options, run=run)
        return example_advice()

    monkeypatch.setattr(planning, "advise", remember, raising=False)
    return asked


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (
            (),
            {"data": None, "split": "test", "samples": 512, "tolerance": 0.02, "epsilon": None,
             "verify": False, "fine_tune": 0, "latency_cap": None, "only": None,
             "rules": "M0 sop", "seed": 0, "device": "cpu", "memory_budget": "2GB"},
        ),
        (
            ("--data", "mnist", "--split", "train", "--samples", "64", "--verify"),
            {"data": "mnist", "split": "train", "samples": 64, "verify": True},
        ),
        (
            ("--epsilon", "0.1:relative", "--fine-tune", "50", "--latency-cap", "32"),
            {"epsilon": Epsilon.parse("0.1:relative"), "fine_tune": 50, "latency_cap": 32},
        ),
        (
            ("--only", "read-out shift", "--only", "flat projector"),
            {"only": ["read-out shift", "flat projector"]},
        ),
        (("--rules", "m1", "--device", "auto"), {"rules": "M1 sop+memory", "device": "auto"}),
    ],
)  # fmt: skip
def test_advise_asks_for_what_it_was_told(run, advised, words, want):
    got = run("advise", "runs/twin", *words, "-q")
    assert (got.code, got.err) == (0, "")
    assert got.out == example_advice().headline + "\n"
    assert str(advised["run"]) == "runs/twin"
    assert {key: advised[key] for key in want} == want
    assert advised["command"] == shlex.join(["spikedim", "advise", "runs/twin", *words, "-q"])


def test_advise_prints_writes_and_draws(run, advised, tmp_path):
    out, html, png = (tmp_path / name for name in ("a.json", "a.html", "a.png"))
    got = run("advise", tmp_path, "--out", out, "--html", html, "--png", png)
    assert (got.code, got.err) == (0, "")
    assert got.out.startswith("digits-twin: the best change, sigma-delta code")
    assert max(map(len, got.out.splitlines())) <= 100
    assert Advice.from_json(out.read_text("utf-8")) == example_advice()
    assert "<h1>" in html.read_text("utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert Advice.from_json(run("advise", tmp_path, "--json").out) == example_advice()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rules", "M0,M1"), "advise: `--rules` must be one rule set; got 'M0,M1'."),
        (("--rules", "M9"), "advise: `--rules` must be all or beginnings of"),
        (("--epsilon", "0.1"), "epsilon"),
    ],
)
def test_advise_refuses_what_it_does_not_understand(run, advised, words, said):
    got = run("advise", "runs/twin", *words)
    assert got.code == 2
    assert said in " ".join(got.err.split())
    assert "Traceback" not in got.err


def test_advise_without_a_run_says_so(run, tmp_path):
    got = run("advise", tmp_path / "nothing")
    assert got.code == 2
    assert "Traceback" not in got.err
