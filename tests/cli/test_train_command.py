import io
import json
import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml
from rich.console import Console
from tests.training_results import example_log, example_moment, example_run

from spikedim import training
from spikedim._core import NumericsError
from spikedim.cli._training_progress import (
    TrainingBar,
    TrainingLines,
    clock_time,
    moment_words,
    training_progress,
)
from spikedim.training import TrainingRun
from spikedim.training.runs import TrainingLog

ASK = ("train", "spikformer-2-64/digits", "--data", "digits", "--out", "first")


@pytest.fixture
def fitted(monkeypatch):
    """Answer at once with a run made by hand; remember what was asked."""
    asked = SimpleNamespace(calls=[], result=example_run(), moments=(example_moment(),))

    def fit(model, data, **options):
        asked.calls.append({"model": model, "data": data, **options})
        for moment in asked.moments:
            if options["watch"] is not None:
                options["watch"](moment)
        return asked.result

    monkeypatch.setattr(training, "fit", fit)
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    return asked


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (
            (),
            {"recipe": None, "changes": {}, "steps": None, "seed": 0, "start_from": None,
             "resume": False, "device": "cpu", "devices": 1, "tensorboard": False,
             "memory_budget": "2GB"},
        ),
        (
            ("--steps", "2", "--seed", "7", "--resume", "--devices", "2", "--tensorboard"),
            {"steps": 2, "seed": 7, "resume": True, "devices": 2, "tensorboard": True},
        ),
        (
            ("--recipe", "cpu/mnist", "--set", "epochs=3", "--set", "model.drop_path=0.2"),
            {"recipe": "cpu/mnist", "changes": {"epochs": "3", "model.drop_path": "0.2"}},
        ),
        (("--fast",), {"changes": {"fast": "true"}}),
        (("--no-fast", "--set", "fast=true"), {"changes": {"fast": "false"}}),
        (("--device", "auto", "--memory", "1GB"), {"device": "auto", "memory_budget": "1GB"}),
        (("--set", "note=a=b"), {"changes": {"note": "a=b"}}),
    ],
)  # fmt: skip
def test_train_asks_for_what_it_was_told(run, fitted, words, want):
    got = run(*ASK, *words, "-q")
    assert (got.code, got.err) == (0, "")
    (asked,) = fitted.calls
    assert (asked["model"], asked["data"]) == ("spikformer-2-64/digits", "digits")
    assert str(asked["out"]) == "first"
    assert {key: asked[key] for key in want} == want
    assert asked["command"] == " ".join(["spikedim", *ASK, *words, "-q"])
    assert asked["watch"] is None


@pytest.fixture
def resumed(monkeypatch):
    """Answer at once; remember what was to be resumed."""
    calls = []

    def resume(path, **options):
        calls.append({"path": str(path), **options})
        return example_run()

    monkeypatch.setattr(training, "resume", resume)
    return calls


def test_resume_needs_the_folder_alone(run, fitted, resumed):
    got = run("train", "--out", "first", "--resume", "--devices", "2", "--from", "other", "-q")
    assert (got.code, got.err, fitted.calls) == (0, "", [])
    (asked,) = resumed
    assert (asked["path"], asked["devices"], str(asked["start_from"])) == ("first", 2, "other")
    assert run("train", "--out", "first").err.startswith("Error: train: `MODEL` must be given")


@pytest.mark.parametrize(
    "words", [("--seed", "0"), ("--set", "epochs=3"), ("--recipe", "mine"), ("--steps", "2"),
              ("--no-fast",)],
)  # fmt: skip
def test_what_the_record_says_is_not_chosen_anew(run, fitted, resumed, words):
    got = run("train", "--out", "first", "--resume", *words)
    assert (got.code, got.out, resumed) == (2, "", [])
    assert re.fullmatch(r"Error: train: `--\w+` must be absent beside --resume .*\n", got.err)


def test_from_is_a_folder_or_file(run, fitted):
    run(*ASK, "--from", "runs/other", "-q")
    assert str(fitted.calls[0]["start_from"]) == "runs/other"


def test_the_end_says_how_good_it_is_where_it_is_and_what_comes_next(run, fitted, tmp_path):
    page = tmp_path / "t.html"
    got = run(*ASK, "--html", page)
    assert got.code == 0
    flat = " ".join(got.out.split())
    assert flat.startswith(
        "spikformer-2-64/digits on digits at T = 4: 97.2 % right on the 143 validation samples "
        "after 200 updates in 2 min 11 s."
    )
    assert "accuracy, training 94.4 % on the batches of the last epoch" in flat
    assert "run first next spikedim evaluate first --steps 1..8" in flat
    assert "Note: test: every fifth sample; 1,294 train, 143 validation." in flat
    assert max(map(len, got.out.splitlines())) <= 100
    assert "<h1>" in page.read_text("utf-8")
    assert run(*ASK, "-q").out.count("\n") == 1
    assert TrainingRun.from_json(run(*ASK, "--json").out) == example_run()


def test_without_a_terminal_progress_is_plain_lines_on_standard_error(run, fitted):
    fitted.moments = [example_moment(update=k) for k in range(1, 200)]
    got = run(*ASK)
    assert got.err == (
        "update 1/200  epoch 6/10  loss 0.812  accuracy 90.6 %  validation 95.1 %  0:48 left  "
        "812 samples/s\n"
    )
    assert "samples/s" not in got.out


@pytest.mark.parametrize("name", ["RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"])
def test_of_several_processes_only_the_first_speaks_and_writes(
    run, fitted, monkeypatch, tmp_path, name
):
    monkeypatch.setenv(name, "1")
    got = run(*ASK, "--html", tmp_path / "t.html")
    assert (got.code, got.out, got.err) == (0, "", "")
    assert fitted.calls[0]["watch"] is None
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(name, "0")
    assert run(*ASK, "-q").out != ""


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("train",), "train: `MODEL` must be given"),
        (("train", "spikformer-2-64"), "train: `--data` must be given"),
        (("train", "spikformer-2-64", "--data", "digits"), "train: `--out` must name the folder"),
        ((*ASK, "--set", "epochs"), "train: `--set` must be KEY=VALUE; got 'epochs'"),
        ((*ASK, "--set", "=3"), "train: `--set` must be KEY=VALUE; got '=3'"),
        ((*ASK, "--device", "tpu"), "`device` must be one of cpu, cuda, mps, auto; got 'tpu'"),
        ((*ASK, "--html", "nowhere/t.html"), "`--html` must lie in an existing folder"),
        ((*ASK, "--steps", "0"), "'--steps'"),
    ],
)
def test_bad_input_is_one_line_before_any_work(run, fitted, words, needle):
    got = run(*words)
    assert (got.code, got.out, fitted.calls) == (2, "", [])
    assert needle in got.err
    assert got.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("spikformer-2-65", "--data", "digits"), "spikformer-2-64"),
        (("spikformer-2-64/digits", "--data", "digitz"), "digits"),
        (
            ("spikformer-2-64/digits", "--data", "digits", "--recipe", "cpu/digit"),
            "Did you mean 'cpu/digits'?",
        ),
        (
            ("spikformer-2-64/digits", "--data", "digits", "--set", "optimiser.learning_rate=-1"),
            "optimiser.learning_rate",
        ),
    ],
)
def test_what_does_not_exist_is_one_line_and_no_folder(run, tmp_path, words, needle):
    got = run("train", *words, "--out", tmp_path / "run", "-q")
    assert (got.code, got.out) == (2, "")
    assert needle in got.err
    assert got.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_fails_is_exit_code_1(run, monkeypatch):
    def fit(*_, **__):
        raise NumericsError("fit: the loss of update 3 must be finite; got NaN or infinity.")

    monkeypatch.setattr(training, "fit", fit)
    got = run(*ASK)
    assert (got.code, got.out) == (1, "")
    assert got.err == "Error: fit: the loss of update 3 must be finite; got NaN or infinity.\n"


@pytest.mark.parametrize(
    ("files", "words", "want"),
    [
        ((), (), "Interrupted: nothing was written.\n"),
        (
            ("run.json",),
            (),
            "Interrupted: {out} has no checkpoint yet. Go on with: {line} --resume\n",
        ),
        (
            ("run.json", "checkpoint.safetensors"),
            ("--seed", "3"),
            "Interrupted: {out} keeps its last checkpoint. Go on with: {line} --resume\n",
        ),
        (
            ("run.json", "checkpoint.safetensors"),
            ("--resume",),
            "Interrupted: {out} keeps its last checkpoint. Go on with: {line}\n",
        ),
    ],
)
def test_ctrl_c_says_how_to_go_on(run, monkeypatch, tmp_path, files, words, want):
    def fit(model, data, *, out, **_):
        for name in files:
            out.mkdir(exist_ok=True)
            (out / name).touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", fit)
    line = ["train", "spikformer-2-64", "--data", "digits", "--out", tmp_path / "run", *words]
    got = run(*line)
    assert (got.code, got.out) == (130, "")
    shown = " ".join(["spikedim", *map(str, line)])
    assert got.err == want.format(out=tmp_path / "run", line=shown)


def test_what_ctrl_c_says_is_forgotten_by_the_next_command(run, monkeypatch, tmp_path):
    from spikedim import planning

    def stop(*_, **__):
        raise KeyboardInterrupt

    (tmp_path / "run.json").touch()
    monkeypatch.setattr(training, "fit", stop)
    monkeypatch.setattr(planning, "measure", stop)
    assert "Go on with" in run("train", "m", "--data", "d", "--out", tmp_path).err
    assert run("measure", "digits").err == "Interrupted: nothing was written.\n"


def test_recipes_are_listed_with_their_sources(run):
    text = run("train", "--recipes").out
    names = training.recipe_names()
    assert [name for name in names if not re.search(rf"^{name} ", text, re.MULTILINE)] == []
    assert max(map(len, text.splitlines())) <= 100
    digits = training.open_recipe("cpu/digits")
    (line,) = [line for line in text.splitlines() if line.startswith("cpu/digits ")]
    assert line.split()[-4:] == [
        "epochs", str(digits.batch_size), f"{digits.optimiser.learning_rate:g}", "ours",
    ]  # fmt: skip
    assert run("train", "--recipes", "-q").out.split() == list(names)
    listed = json.loads(run("train", "--recipes", "--json").out)
    assert [entry["name"] for entry in listed] == list(names)


@pytest.mark.parametrize("words", [("--recipes", "cpu/digits"), ("--recipe", "cpu/digits")])
def test_one_recipe_is_yaml_that_can_be_read_again(run, tmp_path, words):
    text = run("train", *words, "--recipes", "--set", "epochs=3").out
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    want = training.open_recipe("cpu/digits", changes={"epochs": "3"})
    assert training.open_recipe(path) == want
    as_json = json.loads(run("train", *words, "--recipes", "--set", "epochs=3", "--json").out)
    assert as_json == yaml.safe_load(text)


def test_every_recipe_can_be_shown_and_read_again(run, tmp_path):
    for name in training.recipe_names():
        path = tmp_path / "own.yaml"
        path.write_text(run("train", "--recipes", name).out, encoding="utf-8")
        assert training.open_recipe(path) == training.open_recipe(name), name


def test_an_unknown_recipe_is_one_line(run):
    got = run("train", "--recipes", "cpu/digit")
    assert (got.code, got.out) == (2, "")
    assert "Did you mean 'cpu/digits'?" in got.err


LONG = (
    "update 120/200  epoch 6/10  loss 0.812  accuracy 90.6 %  validation 95.1 %  0:48 left  "
    "812 samples/s"
)
SHORT = "120/200  epoch 6/10  loss 0.812  acc 90.6 %  val 95.1 %  0:48 left  812/s"


@pytest.mark.parametrize(
    ("room", "want"),
    [
        (None, LONG),
        (len(LONG), LONG),
        (len(LONG) - 1, SHORT),
        (len(SHORT), SHORT),
        (len(SHORT) - 1, SHORT.removesuffix("  812/s")),
        (20, "120/200  epoch 6/10"),
        (3, "120/200"),
    ],
)
def test_a_moment_is_one_line_that_fits(room, want):
    assert moment_words(example_moment(), room=room) == want


def test_a_moment_before_the_first_validation_has_none():
    words = moment_words(example_moment(validation_accuracy=None, samples_per_second=3.14159))
    assert "validation" not in words
    assert words.endswith("3.1 samples/s")


@pytest.mark.parametrize(
    ("seconds", "want"), [(0.2, "0:00"), (59.7, "1:00"), (3599.0, "59:59"), (3600.0, "1:00:00")]
)
def test_time_left_reads_as_a_clock(seconds, want):
    assert clock_time(seconds) == want


def test_plain_lines_come_ten_seconds_apart():
    now, written = [0.0], []
    lines = TrainingLines(written.append, lambda: now[0])
    for second in (0, 4, 9.9, 10, 19, 25):
        now[0] = float(second)
        lines.watch(example_moment(update=int(second) + 1))
    assert [text.split()[1] for text in written] == ["1/200", "11/200", "26/200"]
    lines.finish(lines.start("open", 3.0))


@pytest.mark.parametrize("width", [30, 80, 120])
def test_the_bar_is_one_line_that_vanishes(width):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    with TrainingBar(console) as bar:
        task = bar.start("open digits", 2.0)
        bar.advance(task)
        bar.finish(task)
        bar.watch(example_moment(update=1))
        bar.watch(example_moment())
        bar._bars.refresh()
        drawn = stream.getvalue()
    last = re.split(r"\r|\n", drawn)[-1]
    text = re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", last)
    assert "120/200" in text
    assert len(text) <= width
    assert stream.getvalue().count("\n") <= 1  # the last one, before the line is cleared


def test_a_terminal_gets_the_bar_and_quiet_gets_nothing(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with training_progress(quiet=False) as (progress, watch):
        assert isinstance(progress, TrainingBar)
        watch(example_moment())
    with training_progress(quiet=True) as (_, watch):
        assert watch is None


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom spikedim.cli import main\ntry:\n    main(['train', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = 'torch', 'yaml', 'numpy', 'lightning_fabric', 'rich.progress'\n"
        "print([m for m in heavy if m in sys.modules], file=sys.stderr)"
    )
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert got.stderr == "[]\n"


def test_a_real_run_is_interrupted_continued_and_evaluated(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = ("train", "spikformer-2-64/digits", "--data", "digits", "--out", "run", "--steps", "1")
    line = (*line, "--set", "updates=30", "--set", "batch_size=16", "--no-fast")
    # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "spikedim", *line], text=True, stderr=-1,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stderr.readline().startswith("update 1/30 ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    (said,) = [text for text in err.splitlines() if not text.startswith("update ")]
    assert said.startswith("Interrupted: run ")
    assert said.endswith(f"Go on with: spikedim {' '.join(line)} --resume")

    again = run(*line)
    assert again.code == 2
    assert "Add --resume to go on" in again.err

    got = run(*line, "--resume", "--quiet")
    assert (got.code, got.err) == (0, "")
    assert re.match(
        r"spikformer-2-64/digits on digits at T = 1: [\d.]+ % right on the \d+ validation "
        r"samples after 30 updates in ", got.out,
    )  # fmt: skip

    words = ("evaluate", "run", "--steps", "1..2", "--samples", "64", "--out", "e.json")
    got = run(*words, "--html", "e.html", "--png", "e.png")
    assert (got.code, got.err) == (0, "")
    found = training.Evaluation.from_json((tmp_path / "e.json").read_text("utf-8"))
    assert [point.steps for point in found.points] == [1, 2]
    assert found.samples == 64
    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")
    assert "How the training went" in (tmp_path / "e.html").read_text("utf-8")
    assert " ".join(found.headline.split()[:4]) in " ".join(got.out.split())


def test_the_page_draws_the_log_of_the_folder(run, fitted, tmp_path):
    folder = training.RunFolder.create(tmp_path / "run", example_run())
    log = TrainingLog(folder)
    for line in example_log():
        log.append(line)
    page = tmp_path / "t.html"
    words = ("train", "spikformer-2-64/digits", "--data", "digits", "--out", folder.path)
    assert run(*words, "-q", "--html", page).code == 0
    assert 'id="chart-learning"' in page.read_text("utf-8")
