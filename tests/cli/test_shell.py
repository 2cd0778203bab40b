"""The command line as a process: what only a shell can show."""

import json
import os
import pty
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


def test_measure_from_a_shell(shell, tmp_path):
    got = shell("measure", "digits", "--layer", "pixels", "--json")
    assert got.returncode == 0, got.stderr
    found = json.loads(got.stdout)
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
    with subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=tmp_path, text=True, stdout=-1, stderr=-1
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "Interrupted: nothing was written.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "spikedim", "data", "list"], text=True, stdout=-1, stderr=-1
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def on_a_terminal(*words, **environment):
    """Return what a process writes to a terminal."""
    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", **environment}
    with subprocess.Popen(
        [sys.executable, "-m", "spikedim", *words], stdout=follower, stderr=-1, env=env
    ) as process:
        os.close(follower)
        chunks = []
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            chunks.append(chunk)
        process.wait(timeout=60)
    os.close(leader)
    return b"".join(chunks).decode()


def test_a_terminal_gets_type_and_no_color_is_honoured():
    assert "\x1b[1m" in on_a_terminal("doctor")
    plain = on_a_terminal("doctor", NO_COLOR="1")
    assert "\x1b[33m" not in plain
    assert "\x1b[1;33m" not in plain


def test_a_c_locale_gets_plain_letters_instead_of_a_crash(shell):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    got = shell("model", "list", env=env)
    assert got.returncode == 0, got.stderr
    assert got.stdout.isascii()


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


def test_threads_reach_torch(shell):
    got = shell("doctor", "--json", "--threads", "1")
    assert json.loads(got.stdout)["torch_threads"] == 1
