"""Who may enter a run folder, and what it says when nobody may."""

import errno
import json
import os
import time
from dataclasses import replace

import pytest
from tests.forked_child import forked

from spikedim._core import InputError, Provenance
from spikedim.models import Coding
from spikedim.training.runs import RunFolder, RunStatus, TrainingRun, disk_errors, lock_run


@pytest.fixture
def run():
    return TrainingRun(
        model="spikformer-2-64/digits",
        overrides={"depth": 1},
        coding=Coding.SPIKES,
        code_steps=None,
        steps=4,
        parameters=10,
        data="digits",
        data_fingerprint="sha256:d",
        notes=(),
        classes=10,
        train_samples=64,
        validation_samples=8,
        recipe={"epochs": 2},
        seed=0,
        start_from=None,
        identity="sha256:a",
        status=RunStatus.RUNNING,
        update=0,
        updates=4,
        train_loss=None,
        train_accuracy=None,
        validation_accuracy=None,
        seconds=0.0,
        processes=1,
        provenance=Provenance.now(command="test"),
    )


def names(path):
    return sorted(entry.name for entry in path.iterdir())


def test_a_new_folder_gets_a_record_and_its_parents(tmp_path, run):
    folder = RunFolder.create(tmp_path / "a" / "b", run)
    assert names(folder.path) == ["lock", "run.json"]
    assert RunFolder.open(folder.path).read() == run


def test_the_same_run_may_enter_again_and_keeps_its_record(tmp_path, run):
    folder = RunFolder.create(tmp_path, run)
    folder.save(replace(run, update=3))
    assert RunFolder.create(tmp_path, run).read().update == 3


def test_what_a_process_killed_before_the_record_left_behind_is_no_obstacle(tmp_path, run):
    (tmp_path / "lock").touch()
    (tmp_path / ".spikedim-0123").write_bytes(b"half")
    RunFolder.create(tmp_path, run)
    assert names(tmp_path) == ["lock", "run.json"]


@pytest.mark.parametrize("name", ["notes.txt", "checkpoint.safetensors"])
def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path, run, name):
    (tmp_path / name).write_text("mine")
    (tmp_path / "second").mkdir()
    with pytest.raises(InputError, match=rf"^create: `path` must be an empty .*'{name}' and 1 mo"):
        RunFolder.create(tmp_path, run)
    assert names(tmp_path) == sorted([name, "second"])


def test_a_file_is_no_folder(tmp_path, run):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"^create: `path` must be a folder; got the file"):
        RunFolder.create(tmp_path / "file", run)
    with pytest.raises(InputError, match=r"^create: `folder` must lie on a disk .*Not a directory"):
        RunFolder.create(tmp_path / "file" / "run", run)


def test_own_files_beside_a_run_do_no_harm(tmp_path, run):
    RunFolder.create(tmp_path, run)
    (tmp_path / "figure.png").touch()
    assert RunFolder.create(tmp_path, run).read() == run


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "seed 0 instead of 1"),
        ({"model": "other", "seed": 1}, "model 'spikformer-2-64/digits' instead of 'other'"),
        ({}, "identity 'sha256:a' instead of 'sha256:b'"),
        ({"recipe": {"name": "b", "epochs": 3}}, r"recipe\.epochs 2 instead of 3"),
        ({"recipe": {"epochs": 2, "a": {"b": [1]}}}, r"recipe\.a None instead of {'b': \[1\]}"),
    ],
)
def test_another_run_is_refused_by_what_differs(tmp_path, run, change, said):
    RunFolder.create(tmp_path, run).log.touch()
    with pytest.raises(InputError, match=rf"^create: `path` must be the folder .*{said}. Choose"):
        RunFolder.create(tmp_path, replace(run, identity="sha256:b", **change))
    assert RunFolder.open(tmp_path).read() == run


def test_a_folder_without_record_is_no_run(tmp_path):
    (tmp_path / "file").touch()
    for path, said in [("", "has no run.json"), ("file", "is not a folder"), ("x", "is not there")]:
        with pytest.raises(
            InputError, match=rf"^open: `path` must be the folder .*which {said}\. Give"
        ):
            RunFolder.open(tmp_path / path)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema": "spikedim.plan/1"}', "\x00", "[" * 100_000]
)
def test_a_damaged_record_is_said_in_one_sentence(tmp_path, run, text):
    folder = RunFolder.create(tmp_path, run)
    folder.record.write_text(text)
    for enter in (lambda: RunFolder.open(tmp_path), lambda: RunFolder.create(tmp_path, run)):
        with pytest.raises(InputError, match=r"`path` must have a whole run\.json; got a damaged"):
            enter()
    assert folder.record.read_text() == text


def test_every_cut_of_a_record_is_damage(tmp_path, run):
    folder = RunFolder.create(tmp_path, run)
    text = folder.record.read_text().rstrip()
    for end in range(0, len(text), 7):
        folder.record.write_text(text[:end])
        with pytest.raises(InputError, match=r"must have a whole run\.json"):
            RunFolder.open(tmp_path)


def test_a_record_of_a_newer_version_asks_for_that_version(tmp_path, run):
    folder = RunFolder.create(tmp_path, run)
    folder.record.write_text(json.dumps({**run.to_dict(), "schema": "spikedim.training_run/2"}))
    with pytest.raises(InputError, match=r"run/2'\. Install a newer spikedim\.$"):
        RunFolder.open(tmp_path)


def test_a_full_disk_leaves_the_record_as_it_was(tmp_path, run, monkeypatch):
    folder = RunFolder.create(tmp_path, run)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device\)\. What was there is kept\. F"):
        folder.save(replace(run, update=3))
    assert folder.read() == run
    assert names(tmp_path) == ["lock", "run.json"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "have room .* Free some space"),
        (errno.EDQUOT, "have room .* Free some space"),
        (errno.EFBIG, "have room .* Free some space"),
        (errno.EROFS, "be writable.* Fix its permissions"),
        (errno.EACCES, "be writable.* Fix its permissions"),
        (errno.EIO, "lie on a disk that works.* Check the disk"),
    ],
)
def test_every_error_of_the_disk_says_how_to_go_on(tmp_path, number, said):
    with (
        pytest.raises(InputError, match=rf"^fit: `folder` must {said}"),
        disk_errors(tmp_path, caller="fit"),
    ):
        raise OSError(number, os.strerror(number))


def test_a_read_only_folder_can_be_read_but_not_locked(tmp_path, run, monkeypatch):
    folder = RunFolder.create(tmp_path, run)
    real = os.open

    def refuse(path, flags, *rest, **more):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, "Read-only file system")
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert RunFolder.open(tmp_path).read() == run
    with pytest.raises(InputError, match=r"^lock_run: `folder` must be writable; .*Read-only"):
        lock_run(folder).__enter__()


def test_one_process_can_not_lock_twice(tmp_path):
    folder = RunFolder(tmp_path)
    with lock_run(folder):
        with (
            pytest.raises(InputError, match=rf"in use by process {os.getpid()} on .*Wait for"),
            lock_run(folder),
        ):
            pass
        with pytest.raises(InputError, match=r"in use by"), lock_run(folder):
            pass
    with lock_run(folder):
        pass


def test_the_lock_clears_what_was_left_half_written_and_nothing_else(tmp_path):
    (tmp_path / ".spikedim-00ff").write_bytes(b"half")
    (tmp_path / ".hidden").write_bytes(b"mine")
    with lock_run(RunFolder(tmp_path)):
        assert names(tmp_path) == [".hidden", "lock"]


def test_a_failed_lock_clears_nothing(tmp_path):
    with lock_run(RunFolder(tmp_path)):
        (tmp_path / ".spikedim-00ff").write_bytes(b"being written")
        with pytest.raises(InputError, match="in use by"), lock_run(RunFolder(tmp_path)):
            pass
        assert (tmp_path / ".spikedim-00ff").exists()


def test_another_process_is_kept_out_until_it_is_killed(tmp_path, run):
    def hold(tell):
        with lock_run(RunFolder(tmp_path)):
            tell()
            time.sleep(600)

    with forked(hold) as child:
        with (
            pytest.raises(InputError, match=rf"^lock_run: .*use by process {child} on"),
            lock_run(RunFolder(tmp_path)),
        ):
            pass
        with pytest.raises(InputError, match=r"^create: `folder` must be used by one process"):
            RunFolder.create(tmp_path, run)
    with lock_run(RunFolder(tmp_path)):
        pass
