"""A copy of a run in half precision, and what it must not be written over."""

import pytest
from tests.training_examples import write_image_run

from spikedim._core import InputError
from spikedim.training import keep_run
from spikedim.training.runs import RunFolder


@pytest.fixture
def run(tmp_path):
    return write_image_run(tmp_path / "run")


def test_a_copy_is_written_over_by_a_copy(tmp_path, run):
    first = keep_run(run, tmp_path / "kept")
    before = (first / "weights.safetensors").read_bytes()
    assert (keep_run(run, tmp_path / "kept") / "weights.safetensors").read_bytes() == before
    assert sorted(file.name for file in first.iterdir()) == ["run.json", "weights.safetensors"]


def test_a_run_is_not_copied_onto_itself(run):
    weights = RunFolder(run).weights
    before = weights.read_bytes()
    with pytest.raises(InputError, match=r"^keep_run: `out` must be a new folder.*was trained"):
        keep_run(run, run.parent / "." / "run")
    assert weights.read_bytes() == before


@pytest.mark.parametrize("file", ["log", "checkpoint"])
def test_a_run_that_trains_is_not_written_over(tmp_path, run, file):
    other = RunFolder(write_image_run(tmp_path / "other"))
    getattr(other, file).touch()
    before = other.weights.read_bytes()
    with pytest.raises(InputError, match=r"^keep_run: `out` must be a new folder"):
        keep_run(run, other.path)
    assert other.weights.read_bytes() == before
