"""An ordinary network from the shell: trained, evaluated, shown; not planned."""

import pytest

from spikedim.training import Evaluation, TrainingRun

NAME = "spikformer-2-64/digits:ann"


def test_an_ordinary_network_is_trained_and_evaluated(run, tmp_path):
    folder, page = tmp_path / "run", tmp_path / "e.html"
    got = run("train", NAME, "--data", "digits", "--out", folder, "--set", "updates=2", "--json")
    assert got.code == 0, got.err
    assert TrainingRun.from_json(got.out).coding.value == "activations"
    got = run("evaluate", folder, "--samples", "24", "--json", "--html", page)
    assert got.code == 0, got.err
    found = Evaluation.from_json(got.out)
    assert ([point.steps for point in found.points], found.populations) == ([1], ())
    assert NAME in page.read_text("utf-8")
    got = run("evaluate", folder, "--steps", "1..4")
    assert got.code == 2
    assert f"`steps` must be absent or 1 for {NAME}, an ordinary network" in got.err


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (
            ("train", NAME, "--data", "digits", "--out", "x", "--steps", "4"),
            "`steps` must be absen",
        ),
        (("plan", "--model", NAME), "an ordinary network, of which no law speaks. Plan spikformer"),
    ],
)
def test_what_has_no_time_takes_no_steps(run, tmp_path, monkeypatch, words, needle):
    monkeypatch.chdir(tmp_path)
    got = run(*words)
    assert got.code == 2
    assert needle in got.err


def test_show_reads_real_numbers_and_prints_nothing_published(run):
    text = run("model", "show", "spikformer-4-384:ann").out
    assert "spikformer-4-384/cifar10:ann" in text
    assert " real " in text
    assert not [word for word in (" binary ", " integer ", "Published", "Twin:") if word in text]
    official = run("model", "show", "spikformer-4-384").out
    assert "ordinary network: spikformer-4-384/cifar10:ann" in " ".join(official.split())
