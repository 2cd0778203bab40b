"""SIGKILL at random moments, in the middle of a save too, costs a run nothing but time."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.fit_examples import MODEL, log_without_time, same_weights, small_recipe, splits

from spikedim.training import fit

ROOT = Path(__file__).parents[3]


def start(folder):
    command = [sys.executable, "-m", "tests.killed_training", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def wait_for_log(folder, process, *, more_than):
    """Wait until the log has grown, so that the kill falls into the training."""
    log = folder / "log.jsonl"
    while process.poll() is None:
        if log.exists() and log.stat().st_size > more_than:
            return
        time.sleep(0.005)


def killed_and_resumed(folder, kills, seed):
    """Kill a training so many times, each a random while after it went on; let it end."""
    random = np.random.default_rng(seed)
    landed = 0
    for _ in range(kills):
        log = folder / "log.jsonl"
        before = log.stat().st_size if log.exists() else 0
        process = start(folder)
        wait_for_log(folder, process, more_than=before)
        time.sleep(random.uniform(0, 0.25))
        process.kill()
        landed += process.wait() == -9
        process.stderr.close()
    process = start(folder)
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    return landed


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed") / "whole"
    fit(MODEL, splits(), out=folder, recipe=small_recipe(epochs="8"))
    return folder


@pytest.mark.parametrize("kills", [3, pytest.param(24, marks=pytest.mark.slow)])
def test_a_killed_run_ends_in_the_same_weights_and_log(tmp_path, whole, kills):
    folder = tmp_path / "run"
    landed = killed_and_resumed(folder, kills, seed=kills)
    assert landed >= min(kills, 2)  # the others came after its end
    assert same_weights(folder, whole)
    assert log_without_time(folder) == log_without_time(whole)
