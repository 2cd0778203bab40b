import subprocess
import sys
from types import SimpleNamespace

import pytest
from tests.advice_examples import example_advice
from tests.energy_audit_examples import example_audit
from tests.planning_examples import example_comparison, example_measurement, example_plan
from tests.response_results import example_answers
from tests.training_results import example_evaluation, example_run

from spikedim import data, energy, planning, training
from spikedim.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command line in this process; return code, output and errors."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # --threads writes there; put back what was

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(code=stop.value.code or 0, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def asked(monkeypatch):
    """Answer with hand-made results at once; remember what was asked."""
    asked = {}

    def answer(name, result):
        def call(*arguments, **options):
            asked[name] = {"arguments": arguments, **options}
            return result

        return call

    for name, result in (
        ("plan", example_plan()),
        ("measure", example_measurement()),
        ("compare", example_comparison()),
        ("ask_response", example_answers()),
        ("advise", example_advice()),
    ):
        monkeypatch.setattr(planning, name, answer(name, result))
    monkeypatch.setattr(training, "fit", answer("train", example_run()))
    monkeypatch.setattr(training, "evaluate", answer("evaluate", example_evaluation()))
    monkeypatch.setattr(energy, "audit_energy", answer("energy", example_audit()))
    monkeypatch.setattr(data, "fetch", answer("fetch", "/somewhere/cifar10"))
    monkeypatch.setattr(data, "clear_cache", answer("clear", 3 << 20))
    return asked


@pytest.fixture
def shell(tmp_path):
    """Run the command line as a process in an empty folder."""

    def shell(*arguments, **options):
        return subprocess.run(
            [sys.executable, "-m", "spikedim", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )

    return shell
