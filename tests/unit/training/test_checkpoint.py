"""Checkpoints: whole, or refused."""

import errno
import json
import os
import random
import resource
import sys
import time

import pytest
import torch
from safetensors.torch import load_file
from tests.forked_child import forked

from spikedim._core import InputError
from spikedim.training.runs import Checkpoint, RunFolder, lock_run, read_checkpoint
from spikedim.training.runs import write_checkpoint as write


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def state(update, size=5):
    return Checkpoint(
        update=update,
        seed=7,
        identity="sha256:a",
        best=0.1 + 0.2,
        model={"w": torch.full((size, 3), float(update)), "b": torch.tensor(update)},
        optimiser={"tree": torch.arange(5, dtype=torch.uint8), "s": torch.tensor([True])},
        numbers={"loss": 1 / 3, "count": 2**60, "name": "ä", "none": None, "yes": True},
    )


def same(one, other):
    assert {**vars(one), "model": 0, "optimiser": 0} == {**vars(other), "model": 0, "optimiser": 0}
    for mine, theirs in ((one.model, other.model), (one.optimiser, other.optimiser)):
        assert mine.keys() == theirs.keys()
        for key, tensor in mine.items():
            assert tensor.dtype == theirs[key].dtype
            assert torch.equal(tensor, theirs[key])


def test_comes_back_as_it_was(folder):
    assert read_checkpoint(folder) is None
    write(folder, state(3))
    same(read_checkpoint(folder, identity="sha256:a"), state(3))


DTYPES = [
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_type_and_layout_comes_back(folder, dtype):
    base = torch.arange(24).reshape(4, 6).to(dtype)
    model = {"t": base.T, "part": base[::2, 1:3], "empty": base[:0], "one": base[1, 1]}
    model |= {"alias": base, "odd": torch.zeros(3, dtype=torch.uint8)}
    given = Checkpoint(update=0, seed=0, identity="", best=None, model=model, optimiser={})
    write(folder, given)
    same(read_checkpoint(folder), given)


def test_is_a_plain_safetensors_file(folder):
    write(folder, state(3))
    tensors = load_file(folder.checkpoint)
    assert sorted(tensors) == ["model/b", "model/w", "optimiser/s", "optimiser/tree"]
    assert torch.equal(tensors["model/w"], state(3).model["w"])


def test_what_was_read_does_not_follow_the_file(folder):
    write(folder, state(3))
    got = read_checkpoint(folder)
    folder.checkpoint.write_bytes(bytes(folder.checkpoint.stat().st_size))
    same(got, state(3))


def test_the_one_before_is_kept_and_nothing_else(folder):
    for update in (1, 2, 3):
        write(folder, state(update))
    assert sorted(p.name for p in folder.path.iterdir()) == [
        "checkpoint.previous.safetensors",
        "checkpoint.safetensors",
    ]
    folder.checkpoint.unlink()
    got = read_checkpoint(folder)
    assert got.update == 2
    assert (
        got.note == "checkpoint.safetensors is missing; going on from the one before, of update 2."
    )


def test_a_file_system_without_second_names_will_do(folder, monkeypatch):
    def refuse(*paths):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    for update in (1, 2, 3):
        write(folder, state(update))
    assert read_checkpoint(folder).update == 3
    folder.checkpoint.unlink()
    assert read_checkpoint(folder).update == 2


def test_damage_of_any_byte_leads_to_the_one_before(folder):
    write(folder, state(1))
    write(folder, state(2))
    whole = folder.checkpoint.read_bytes()
    rng = random.Random(0)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randrange(8)
        folder.checkpoint.write_bytes(damaged)
        got = read_checkpoint(folder)
        assert got.update == 1, place
        assert "checkpoint.safetensors is damaged" in got.note


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 9, 100, -1])
def test_a_cut_file_leads_to_the_one_before(folder, keep):
    write(folder, state(1))
    write(folder, state(2))
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:keep])
    assert read_checkpoint(folder).update == 1


def test_added_and_shifted_bytes_lead_to_the_one_before(folder):
    write(folder, state(1))
    write(folder, state(2))
    whole = folder.checkpoint.read_bytes()
    for bad in (whole + b"\0", whole + whole, b"\0" + whole, bytes(len(whole)), b"\xff" * 99):
        folder.checkpoint.write_bytes(bad)
        assert read_checkpoint(folder).update == 1


def test_damage_of_both_is_refused(folder):
    write(folder, state(1))
    write(folder, state(2))
    folder.checkpoint.write_bytes(b"x" * 50)
    folder.previous_checkpoint.write_bytes(b"")
    with pytest.raises(
        InputError, match=r"^read_checkpoint: `folder` must hold a whole checkpoint"
    ):
        read_checkpoint(folder)


def test_a_damaged_one_does_not_push_out_the_whole_one(folder, monkeypatch):
    """Killed at each step of the write that follows damage, a whole checkpoint is there."""
    calls = ["fsync", "link", "replace"]
    for call in calls:
        for path in folder.path.iterdir():
            path.unlink()
        write(folder, state(1))
        write(folder, state(2))
        folder.checkpoint.write_bytes(b"damaged")

        def die(*args, **more):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(os, call, die)
            with pytest.raises(KeyboardInterrupt):
                write(folder, state(3))
        assert read_checkpoint(folder).update in (1, 3), call


def test_another_run_and_another_version_are_refused(folder):
    write(folder, state(1))
    with pytest.raises(
        InputError, match=r"checkpoints of this run; got .* of sha256:a instead of b"
    ):
        read_checkpoint(folder, identity="b")


def test_a_newer_schema_is_refused_not_skipped(folder, monkeypatch):
    write(folder, state(1))
    module = sys.modules[Checkpoint.__module__ + "_file"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "SCHEMA", "spikedim.checkpoint/2")
        write(folder, state(2))
    with pytest.raises(
        InputError, match=r"of schema 'spikedim.checkpoint/2'\. Install the version"
    ):
        read_checkpoint(folder)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"update": -1}, "`update` must"),
        ({"best": float("nan")}, "must hold finite plain numbers"),
        ({"numbers": {"x": float("inf")}}, "must hold finite plain numbers"),
        ({"numbers": {"x": object()}}, "must hold finite plain numbers"),
        ({"model": {"w": torch.zeros(2, dtype=torch.complex64)}}, "tensors of real numbers"),
        ({"model": {"w": torch.zeros(2, device="meta")}}, "on meta for 'model/w'"),
    ],
)
def test_what_can_not_be_stored_is_refused_and_the_old_one_kept(folder, change, said):
    write(folder, state(1))
    with pytest.raises(InputError, match=rf"^write_checkpoint: .*{said}"):
        write(folder, Checkpoint(**{**vars(state(2)), **change}))
    assert read_checkpoint(folder).update == 1
    assert len(list(folder.path.iterdir())) == 1


@pytest.mark.parametrize("call", ["fsync", "link"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_keeps_both_checkpoints(folder, monkeypatch, call, number):
    write(folder, state(1))
    write(folder, state(2))

    def refuse(*args):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(InputError, match=r"^write_checkpoint.*The checkpoint of update 2 is k"):
            write(folder, state(3))
    assert len(list(folder.path.iterdir())) == 2
    assert read_checkpoint(folder).update == 2
    write(folder, state(3))
    assert read_checkpoint(folder).update == 3


def test_a_real_limit_of_the_file_size_is_met_half_way(folder):
    write(folder, state(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    try:
        with pytest.raises(
            InputError, match=r"must have room .*File too large.* of update 1 is ke"
        ):
            write(folder, state(2, size=100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(list(folder.path.iterdir())) == 1
    same(read_checkpoint(folder), state(1))


def write_for_ever(folder, tell):
    """Go on from what is there; tell once there is a checkpoint."""
    with lock_run(folder):
        found = read_checkpoint(folder)
        update = 0 if found is None else found.update
        while True:
            update += 1
            w = torch.full((50_000,), float(update))
            model, optimiser = {"w": w}, {"m": w.to(torch.float64)}
            given = Checkpoint(update, 0, "a", None, model, optimiser, {"n": update})
            write(folder, given)
            tell()


def kill_while_writing(folder, times, seed):
    """Kill a writing process at random moments; a whole checkpoint must be there each time."""
    rng, last, leftovers = random.Random(seed), 0, 0
    for _ in range(times):
        with forked(lambda tell: write_for_ever(folder, tell)):
            time.sleep(rng.uniform(0, 0.1))
        got = read_checkpoint(folder, identity="a")
        assert got.update > last
        assert got.numbers == {"n": got.update}
        assert torch.equal(got.model["w"], torch.full((50_000,), float(got.update)))
        assert torch.equal(got.optimiser["m"], got.model["w"].double())
        last = got.update
        leftovers += len(list(folder.path.glob(".spikedim-*")))
        with lock_run(folder):
            assert not list(folder.path.glob(".spikedim-*"))
    return leftovers


def test_a_kill_while_writing_leaves_a_whole_checkpoint(folder):
    kill_while_writing(folder, 3, seed=0)


@pytest.mark.slow
def test_many_kills_while_writing_leave_a_whole_checkpoint(folder):
    assert kill_while_writing(folder, 25, seed=1) > 0, "no kill fell into a write"


def test_the_header_says_what_it_is_without_its_tensors(folder):
    write(folder, state(3))
    data = folder.checkpoint.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    record = json.loads(header["__metadata__"]["spikedim"])
    assert (record["schema"], record["update"]) == ("spikedim.checkpoint/1", 3)
