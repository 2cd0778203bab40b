import json
import re

import numpy as np
import pytest
from tests.circuit_examples import bare_sweep, example_sweep, failing_sweep

from spikedim import circuits
from spikedim.circuits import CircuitSweep

NAMES = {
    "softmax": "sweep_softmax",
    "exp": "sweep_exponential",
    "attention": "sweep_attention",
    "universal": "sweep_universal",
}


@pytest.fixture
def swept(monkeypatch):
    """Answer with a hand-made sweep; remember what was asked."""
    asked = {"result": example_sweep()}

    def answer(name):
        def call(**options):
            asked[name] = options
            return asked["result"]

        return call

    for name in NAMES.values():
        monkeypatch.setattr(circuits, name, answer(name))
    return asked


def test_the_group_alone_shows_its_help(run):
    text = run("circuit", "--help").out
    assert run("circuit").out == text
    assert all(name in text for name in NAMES)
    assert re.search(r"\w\.\.\.$", text, re.MULTILINE) is None


@pytest.mark.parametrize(
    ("words", "name", "want"),
    [
        (
            ("softmax", "--n", "8", "--steps", "16..100", "--mode", "race", "--rows", "3"),
            "sweep_softmax",
            {"n": 8, "steps": (16, 32, 64, 100), "mode": "race", "rows": 3, "logits": None},
        ),
        (
            ("softmax", "--scale", "3", "--budget", "0.5", "--runs", "2", "--slope-from", "32"),
            "sweep_softmax",
            {"scale": 3.0, "budget": 0.5, "runs": 2, "slope_from": 32, "seed": 0},
        ),
        (
            ("exp", "--form", "taylor", "--z", "0.5,-1", "--half-range", "3", "--order", "9"),
            "sweep_exponential",
            {"form": "taylor", "z": [0.5, -1.0], "half_range": 3.0, "order": 9, "streams": None},
        ),
        (
            ("attention", "--tokens", "4", "--head-dim", "2", "--online", "--seed", "7"),
            "sweep_attention",
            {"tokens": 4, "features": 32, "head_dim": 2, "form": "online", "seed": 7},
        ),
        (("attention", "--published"), "sweep_attention", {"form": "published", "x": None}),
        (
            ("attention", "--mode", "cup", "--encoder", "sigma_delta"),
            "sweep_attention",
            {"form": "staged", "mode": "cup", "encoder": "sigma_delta"},
        ),
        (
            ("universal", "--cells", "2,4", "--steps", "1..9"),
            "sweep_universal",
            {"form": "codebook", "values": (2, 4), "function": None, "samples": 64},
        ),
        (
            ("universal", "--form", "bernstein", "--steps", "8..9", "--lipschitz", "2"),
            "sweep_universal",
            {"form": "bernstein", "values": (8, 9), "lipschitz": 2.0},
        ),
    ],
)
def test_a_command_asks_for_what_it_was_told(run, swept, words, name, want):
    got = run("circuit", *words, "-q")
    assert (got.code, got.err) == (0, "")
    assert got.out == example_sweep().headline + "\n"
    asked = swept[name]
    assert {key: asked[key] for key in want} == want
    assert asked["command"] == " ".join(["spikedim circuit", *words, "-q"])


@pytest.mark.parametrize("command", NAMES)
def test_every_command_prints_json(run, swept, command):
    assert CircuitSweep.from_json(run("circuit", command, "--json").out) == example_sweep()


def test_a_command_prints_writes_and_draws(run, swept, tmp_path):
    out, html, png = (tmp_path / name for name in ("c.json", "c.html", "c.png"))
    got = run("circuit", "exp", "--out", out, "--html", html, "--png", png)
    assert (got.code, got.err) == (0, "")
    assert " ".join(got.out.split()).startswith(example_sweep().headline)
    assert CircuitSweep.from_json(out.read_text()) == example_sweep()
    assert "<h1>" in html.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")


def test_a_failed_certificate_is_said_and_is_exit_code_1(run, swept, tmp_path):
    swept["result"] = failing_sweep()
    got = run("circuit", "softmax", "--out", tmp_path / "f.json")
    assert (got.code, got.err) == (1, "")
    assert got.out.startswith("It FAILS.\n")
    assert CircuitSweep.from_json((tmp_path / "f.json").read_text()).holds is False
    as_json = run("circuit", "softmax", "--json")
    assert (as_json.code, as_json.err) == (1, "It FAILS.\n")
    assert CircuitSweep.from_json(as_json.out) == failing_sweep()


def test_memory_that_runs_out_is_no_failed_certificate(run, monkeypatch):
    def full(**options):
        raise MemoryError

    monkeypatch.setattr(circuits, "sweep_softmax", full)
    got = run("circuit", "softmax")
    assert (got.code, got.out) == (2, "")
    assert got.err == (
        "Error: circuit softmax: `sizes` must fit in memory; got more. Give "
        "smaller ones, or fewer rows, samples or tokens.\n"
    )


def test_no_theorem_is_no_failure(run, swept):
    swept["result"] = bare_sweep()
    assert run("circuit", "attention", "--published").code == 0


def test_a_broken_bound_is_found_by_a_real_run(run, monkeypatch):
    from spikedim.circuits.competition import _gli

    monkeypatch.setattr(_gli, "integrate_bound", lambda counts, _, **__: 1e-3 / counts.sum(axis=1))
    got = run("circuit", "softmax", "--n", "8", "--steps", "16,64,256", "-q")
    assert got.code == 1
    assert "the certificate of theorem 3a FAILS at T = 16, 64, 256" in got.out


def test_real_runs_hold_and_say_so(run):
    got = run("circuit", "softmax", "--n", "8", "--rows", "2", "--steps", "16..512", "-q")
    assert got.code == 0
    pattern = (
        r"gli \(integrate and fire, n = 8, 2 rows\): the RMS row error \(l2\) falls as "
        r"T\^-\d\.\d\d \(-\d\.\d\d to -\d\.\d\d\), expected -1; every certificate of theorem 3a "
        r"holds; .* % of the exact value, at T = \d+, the first within "
        r"5 %, with \d+ read-out spikes per row \(\d+ in all populations\)\.\n"
    )
    assert re.fullmatch(pattern, got.out)


def test_the_published_inhibition_is_exit_code_0_and_one_sentence(run):
    got = run("circuit", "softmax", "--mode", "published_subtractive", "--steps", "256..1024", "-q")
    assert got.code == 0
    assert "no theorem; the RMS row error (l2) does not fall with T (slope " in got.out


def test_own_logits_and_weights_are_read(run, tmp_path):
    np.save(tmp_path / "z.npy", np.random.default_rng(0).normal(size=(3, 5)))
    words = ("--logits", tmp_path / "z.npy", "--steps", "64,128,256", "--json")
    found = CircuitSweep.from_json(run("circuit", "softmax", *words).out)
    assert found.subject == "gli (integrate and fire, n = 5, 3 rows)"
    np.savez(tmp_path / "w.npz", x=np.eye(3), w_q=np.eye(3), w_k=np.eye(3), w_v=np.ones((3, 2)))
    files = [
        word for name in ("x", "w-q", "w-k", "w-v") for word in (f"--{name}", tmp_path / "w.npz")
    ]
    got = run("circuit", "attention", *files, "--steps", "16,32", "--runs", "2", "--json")
    assert CircuitSweep.from_json(got.out).settings["weights"] == "given"


MINE = """
import numpy as np
def centred(x):
    return x - x.mean(axis=0)
def ordered(x):
    return np.cumsum(x, axis=0)
def shouting(x):
    print("I am here")
    return x
def raising(x):
    return 1 / 0
def leaving(x):
    raise SystemExit(0)
def late(x):
    import my_sibling
    return x
number = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Stand in a folder with a module of one's own; forget it afterwards."""
    import sys

    (tmp_path / "my_functions.py").write_text(MINE)
    (tmp_path / "my_mistake.py").write_text("def f(:\n")
    (tmp_path / "my_crash.py").write_text("1 / 0\n")
    (tmp_path / "my_exit.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "my_sibling.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in ("my_functions", "my_sibling"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("mine")
def test_a_function_of_ones_own_is_imported_from_this_folder(run):
    words = ("--cells", "2,4", "--samples", "8", "--tokens", "2", "--features", "1", "-q")
    got = run("circuit", "universal", "--function", "my_functions:centred", *words)
    assert got.code == 0
    assert "codebook attention (centred, 2 tokens" in got.out
    assert re.search(r"holds if f is \S+-Lipschitz in the Frobenius norm \(estimated", got.out)
    got = run(
        "circuit", "universal", "--function", "my_functions:centred", *words, "--lipschitz", "1"
    )
    assert "Lipschitz" not in got.out
    assert "RUNS ITS CODE" in " ".join(run("circuit", "universal", "--help").out.split())


SMALL = ("--cells", "2", "--samples", "8", "--features", "1", "--runs", "1")


@pytest.mark.usefixtures("mine")
def test_what_a_function_prints_is_not_the_answer(run):
    got = run("circuit", "universal", "--function", "my_functions:shouting", *SMALL, "--json")
    assert got.code == 0
    assert CircuitSweep.from_json(got.out).holds is True
    assert "I am here" in got.err


@pytest.mark.usefixtures("mine")
def test_modules_of_this_folder_are_found_only_while_the_function_runs(run):
    import sys

    before = list(sys.path)
    got = run("circuit", "universal", "--function", "my_functions:late", *SMALL, "-q")
    assert (got.code, sys.path) == (0, before)


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("spec", "needle"),
    [
        (".my_functions:centred", "TypeError: the 'package' argument is required"),
        ("my_crash:f", "must name a function that can be imported"),
        ("my_exit:f", "(SystemExit: 0)"),
        ("my_functions:raising", "got ZeroDivisionError: division by zero from"),
        ("my_functions:leaving", "got SystemExit: 0 from 'my_functions:leaving'"),
        ("my_functions", "must be MODULE:FUNCTION"),
        ("my_functions:", "must be MODULE:FUNCTION"),
        ("my_functions:missing", "has no attribute 'missing'"),
        ("my_functions:number", "must name a function; got 'my_functions:number', a int"),
        ("my_functions:ordered", "must be permutation-equivariant"),
        ("my_mistake:f", "must name a function that can be imported"),
        ("no_such_module:f", "No module named 'no_such_module'"),
    ],
)
def test_what_is_no_such_function_is_one_line(run, spec, needle):
    got = run("circuit", "universal", "--function", spec)
    assert (got.code, got.out) == (2, "")
    assert needle in got.err
    assert got.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("softmax", "--steps", "16..8"), "`--steps` must be a rising range from 1 on"),
        (("softmax", "--steps", "0..8"), "`--steps` must be a rising range from 1 on"),
        (("softmax", "--steps", "a..b"), "`--steps` must be whole numbers"),
        (("softmax", "--steps", "4,,8"), "`--steps` must be whole numbers"),
        (("softmax", "--n", 10**7, "--rows", 10**7), "`rows * n` must be at most 33,554,432"),
        (("softmax", "--steps", "1" * 400), "`steps` must be at most 2**40"),
        (("exp", "--steps", f"16..{2**70}"), "`steps` must be at most 2**40"),
        (("softmax", "--steps", "4,-8"), "must be an integer >= 1; got -8"),
        (("softmax", "--mode", "glu"), "Did you mean 'gli'"),
        (("softmax", "--n", "0"), "Invalid value for '--n'"),
        (("softmax", "--mode", "race", "--budget", "2"), "`budget` must be left at 1"),
        (("softmax", "--logits", "missing.npy"), "missing.npy"),
        (("exp", "--z", "0.5;1"), "`--z` must be numbers with commas"),
        (("exp", "--z", "5"), "`z` must lie in [-2, 2]"),
        (("exp", "--order", "4"), "`order` must be left out for form 'factory'"),
        (("attention", "--online", "--published"), "exclude each other"),
        (("attention", "--w-q", "missing.npy"), "missing.npy"),
        (("universal", "--cells", "many"), "`--cells` must be whole numbers"),
        (("universal", "--form", "fourier"), "must be one of codebook, bernstein"),
        (("universal", "--cells", "99"), "must leave a memory that fits"),
    ],
)
def test_bad_input_is_one_line_with_a_remedy_and_leaves_no_file(run, tmp_path, words, needle):
    got = run("circuit", *words, "--html", tmp_path / "x.html")
    assert (got.code, got.out) == (2, "")
    assert needle in got.err
    assert got.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_files_are_checked_before_any_work(run, swept, tmp_path):
    got = run("circuit", "exp", "--png", tmp_path / "no" / "folder.png")
    assert (got.code, "sweep_exponential" in swept) == (2, False)
    assert "`--png` must lie in an existing folder" in got.err
    twice = run("circuit", "exp", "--png", tmp_path / "a", "--html", tmp_path / "a")
    assert "must differ" in twice.err


def test_a_circuit_from_a_shell(shell, tmp_path):
    got = shell(
        "circuit", "softmax", "--mode", "race", "--n", "8", "--steps", "16..256", "--out",
        "c.json", "--png", "c.png", "--threads", "1",
    )  # fmt: skip
    assert (got.returncode, got.stderr) == (0, "")
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["schema"] == "spikedim.circuit_sweep/1"
    assert found["provenance"]["command"].startswith("spikedim circuit softmax --mode race")
    assert " ".join(got.stdout.split()).startswith(found["headline"])
    assert "\x1b" not in got.stdout
    assert max(map(len, got.stdout.splitlines())) <= 100
