"""The command line as a process: what only a shell can show."""

import json
import os
import signal
import subprocess
import sys

import pytest

from spikedim.planning import Plan

IMPORTS = "torch", "matplotlib", "numpy", "pydantic", "altair", "rich.table"


@pytest.mark.parametrize(
    "statement",
    ["import spikedim", "import spikedim.cli", "from spikedim.cli import main; main(['--help'])"],
)
def test_starting_up_imports_nothing_heavy(statement):
    code = (
        f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {IMPORTS!r} if m in sys.modules], file=sys.stderr)"
    )
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert got.stderr == "[]\n"


def test_the_main_job_from_a_shell(shell, tmp_path):
    got = shell("plan", "--out", "p.json", "--html", "p.html", "--threads", "1")
    assert got.returncode == 0, got.stderr
    assert got.stderr == ""
    plan = Plan.from_json((tmp_path / "p.json").read_text())
    assert plan.steps_low <= plan.steps <= plan.steps_high
    assert plan.provenance.command == ("spikedim plan --out p.json --html p.html --threads 1")
    lines = got.stdout.splitlines()
    assert lines[0].startswith(
        "Defaults: --data digits, --layer patches:2, --model spikformer-2-64"
    )
    assert " ".join(plan.headline.split()[:8]) in " ".join(got.stdout.split())
    assert "\x1b" not in got.stdout
    assert max(map(len, lines)) <= 100
    assert (tmp_path / "p.html").stat().st_size < 1_500_000


def test_measure_from_a_shell_that_knows_only_ascii(shell, tmp_path):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    got = shell("measure", "digits", "--layer", "pixels", "--out", "m.json", env=env)
    assert got.returncode == 0, got.stderr
    assert got.stdout.isascii()  # an en dash becomes a question mark, not a crash
    found = json.loads((tmp_path / "m.json").read_text())
    values = {entry["estimator"]: entry["value"] for entry in found["dimensions"]}
    assert values["pca95"] == 29  # scikit-learn's PCA(0.95) on these 1,797 digits gives 29


SLOW = """
import sys, time
from spikedim import planning
def plan(**options):
    print("ready", flush=True)
    time.sleep(60)
planning.plan = plan
from spikedim.cli import main
main(["plan", "--out", "p.json", "--html", "p.html"])
"""


def test_ctrl_c_says_so_and_leaves_no_file(tmp_path):
    # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW], cwd=tmp_path, text=True, stdout=-1, stderr=-1
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "Interrupted: nothing was written.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "spikedim", "data", "list", "-q"], text=True, stdout=-1, stderr=-1
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_completion_knows_the_commands():
    env = {
        **os.environ,
        "_SPIKEDIM_COMPLETE": "complete_bash",
        "COMP_WORDS": "spikedim me",
        "COMP_CWORD": "1",
    }
    command = "from spikedim.cli import main; main()"
    got = subprocess.run(
        [sys.executable, "-c", command], env=env, capture_output=True, text=True, check=False
    )
    assert got.stdout.split() == ["measure"]
