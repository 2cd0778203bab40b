"""The log of a run: whole lines, whatever happened."""

import errno
import os
import sys
import types

import pytest

from spikedim._core import InputError, MissingExtraError, NumericsError
from spikedim.training.runs import LogKind, LogLine, RunFolder, TensorBoardLog, TrainingLog
from spikedim.training.runs import read_log as read


@pytest.fixture
def log(tmp_path):
    return TrainingLog(RunFolder(tmp_path))


def line(update, kind=LogKind.UPDATE, **more):
    return LogLine(kind, update=update, epoch=1, loss=1 / update, **more)


def test_lines_come_back_in_order(log):
    lines = (
        line(1, learning_rate=1e-3, gradient_norm=0.5, samples_per_second=10.0, accuracy=0.25),
        line(2, seconds=1.5),
        line(2, LogKind.VALIDATION, accuracy=1.0),
    )
    for one in lines:
        log.append(one)
    assert read(log.folder) == lines
    assert log.folder.log.read_text().count("\n") == 3


def test_no_log_has_no_lines(log):
    log.cut(3)
    log.sync()
    assert read(log.folder) == ()
    assert list(log.folder.path.iterdir()) == []


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(log, bad):
    with pytest.raises(NumericsError, match=r"every number must be finite"):
        log.append(LogLine(LogKind.UPDATE, update=1, epoch=1, loss=bad))
    assert read(log.folder) == ()


def test_every_half_last_line_is_dropped_and_written_over(log):
    log.append(line(1))
    start = log.folder.log.stat().st_size
    log.append(line(2))
    whole = log.folder.log.read_bytes()
    for end in range(start, len(whole)):
        log.folder.log.write_bytes(whole[:end])
        assert read(log.folder) == (line(1),)
        log.append(line(3))
        assert read(log.folder) == (line(1), line(3))


def test_a_half_line_longer_than_a_page_is_found(log):
    log.append(line(1))
    with log.folder.log.open("ab") as stream:
        stream.write(b"x" * 10_000)
    log.append(line(2))
    assert read(log.folder) == (line(1), line(2))


def test_a_half_first_line_is_dropped(log):
    log.folder.log.write_bytes(b'{"sch')
    assert read(log.folder) == ()
    log.append(line(1))
    assert read(log.folder) == (line(1),)


def test_what_a_power_cut_left_at_the_end_is_dropped(log):
    log.append(line(1))
    with log.folder.log.open("ab") as stream:
        stream.write(b"\0" * 40 + b"\n\xff\xfe\n")
    assert read(log.folder) == (line(1),)
    log.cut(9)
    assert log.folder.log.read_text().count("\n") == 1


def test_damage_in_the_middle_is_named_and_not_written_over(log):
    for update in (1, 2, 3):
        log.append(line(update))
    lines = log.folder.log.read_bytes().split(b"\n")
    lines[1] = lines[1][:-5]
    log.folder.log.write_bytes(b"\n".join(lines))
    before = log.folder.log.read_bytes()
    for use in (lambda: read(log.folder), lambda: log.cut(2)):
        with pytest.raises(InputError, match=r"^read_log: .*line 2 damaged .*Delete that line\.$"):
            use()
    assert log.folder.log.read_bytes() == before


def test_a_cut_keeps_what_is_up_to_an_update(log):
    for update in (1, 2, 3, 4):
        log.append(line(update))
        log.append(line(update, LogKind.VALIDATION))
    log.cut(2)
    assert [one.update for one in read(log.folder)] == [1, 1, 2, 2]
    log.append(line(3))
    assert read(log.folder)[-1] == line(3)
    log.cut(0)
    assert read(log.folder) == ()
    assert [path.name for path in log.folder.path.iterdir()] == ["log.jsonl"]


def test_a_full_disk_leaves_no_half_line(log, monkeypatch):
    log.append(line(1))
    before, real, room = log.folder.log.read_bytes(), os.pwrite, [25]

    def full(handle, data, start):
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data[: room.pop()], start)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(
            InputError, match=r"^append: .*No space left on device\)\. The log is k"
        ):
            log.append(line(2))
    assert room == []
    assert log.folder.log.read_bytes() == before
    log.append(line(2))
    assert read(log.folder) == (line(1), line(2))


def test_a_write_in_pieces_is_put_together(log, monkeypatch):
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, start: real(handle, data[:7], start))
    log.append(line(1))
    assert read(log.folder) == (line(1),)


def test_a_full_disk_leaves_the_log_uncut(log, monkeypatch):
    log.append(line(1))
    log.append(line(2))

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for use in (lambda: log.cut(1), log.sync):
        with pytest.raises(InputError, match=r"No space left on device"):
            use()
    assert read(log.folder) == (line(1), line(2))


def test_a_log_that_can_not_be_read_says_so(log):
    log.folder.log.mkdir()
    with pytest.raises(InputError, match=r"^read_log: `folder` must have a readable log"):
        read(log.folder)


def test_tensorboard_asks_for_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"TensorBoardLog needs .*spikedim\[tensorboard\]"):
        TensorBoardLog(RunFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []


class Writer:
    def __init__(self, path, purge_step):
        self.start = (path, purge_step)
        self.points = []
        Writer.made = self

    def add_scalar(self, name, value, step):
        self.points.append((name, value, step))

    def close(self):
        self.points.append("closed")


def test_tensorboard_gets_the_same_numbers_and_forgets_the_same_ones(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", types.ModuleType("tensorboard"))
    fake = types.ModuleType("torch.utils.tensorboard")
    fake.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", fake)
    with TensorBoardLog(RunFolder(tmp_path), after=4) as board:
        board.append(line(5, learning_rate=0.5))
        board.append(line(5, LogKind.VALIDATION, accuracy=1.0))
    assert Writer.made.start == (str(tmp_path / "tensorboard"), 5)
    assert Writer.made.points == [
        ("update/loss", 0.2, 5),
        ("update/learning_rate", 0.5, 5),
        ("validation/loss", 0.2, 5),
        ("validation/accuracy", 1.0, 5),
        "closed",
    ]


@pytest.mark.slow
def test_the_real_tensorboard_shows_what_a_resumed_run_wrote(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = RunFolder(tmp_path)
    with TensorBoardLog(folder) as board:
        for update in (1, 2, 3, 4):
            board.append(line(update))
    with TensorBoardLog(folder, after=2) as board:
        board.append(line(5))
    events = EventAccumulator(str(folder.tensorboard))
    events.Reload()
    assert [point.step for point in events.Scalars("update/loss")] == [1, 2, 5]
