"""Two processes that share every batch train the model that one process trains."""

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.fit_examples import MODEL, log_without_time, shared_recipe, shared_splits, weights

from spikedim.models import build
from spikedim.training import RunFolder, fit

ROOT = Path(__file__).parents[3]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return the folders of the same run on one process and on two."""
    base = tmp_path_factory.mktemp("shared")
    model = f"{MODEL}:softmax"  # its activations move smoothly with rounding, spikes jump
    fit(model, shared_splits(), out=base / "one", recipe=shared_recipe())
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    command += [f"--master-port={free_port()}", "-m", "tests.shared_training"]
    run = subprocess.run(
        [*command, str(base / "two"), model], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return base / "one", base / "two"


def trained_by(folder, start):
    """Return the way that trained weights went, as one vector."""
    found = weights(folder)
    return np.concatenate([(found[key] - start[key]).ravel() for key in sorted(start)])


def test_two_processes_move_the_weights_where_one_does(folders):
    fresh = build(f"{MODEL}:softmax", classes=3, generator=torch.Generator().manual_seed(0))
    start = {key: value.detach().numpy() for key, value in fresh.named_parameters()}
    one, two = (trained_by(folder, start) for folder in folders)
    # Rounding moves a few rates across the edges of [0, 1]: halves of a batch without shared
    # statistics, or with the same samples twice, would be a way of their own.
    assert np.linalg.norm(one - two) < 0.02 * np.linalg.norm(one)


def test_two_processes_see_the_first_batch_as_one_does(folders):
    one, two = (log_without_time(folder)[0] for folder in folders)
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
    assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-4)


def test_two_processes_write_the_log_of_one(folders):
    one, two = (log_without_time(folder) for folder in folders)
    assert [(line["kind"], line["update"]) for line in one] == [
        (line["kind"], line["update"]) for line in two
    ]
    assert [line["loss"] for line in two] == pytest.approx([line["loss"] for line in one], rel=0.01)


def test_the_record_counts_the_processes(folders):
    assert [RunFolder.open(folder).read().processes for folder in folders] == [1, 2]
