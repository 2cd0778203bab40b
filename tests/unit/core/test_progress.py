"""Progress goes to whoever listens."""

from typing import final

import pytest

from spikedim._core import AbstractProgress, SilentProgress


@final
class Recorder(AbstractProgress):
    def __init__(self):
        self.events = []

    def start(self, description, total):
        self.events.append(("start", description, total))
        return 7

    def advance(self, task, amount=1):
        self.events.append(("advance", task, amount))

    def finish(self, task):
        self.events.append(("finish", task))


def test_track_advances_after_each_item():
    recorder = Recorder()
    seen = []
    for item in recorder.track("ab", "letters", 2.0):
        seen.append((item, len(recorder.events)))
    assert seen == [("a", 1), ("b", 2)]
    assert recorder.events == [
        ("start", "letters", 2.0),
        ("advance", 7, 1),
        ("advance", 7, 1),
        ("finish", 7),
    ]


def test_track_finishes_when_the_loop_breaks():
    recorder = Recorder()
    items = recorder.track(range(5), "numbers")
    next(items)
    items.close()
    assert recorder.events == [("start", "numbers", None), ("finish", 7)]


def test_track_finishes_when_the_source_fails():
    def source():
        yield 1
        raise OSError("torn cable")

    recorder = Recorder()
    with pytest.raises(OSError, match="torn cable"):
        list(recorder.track(source(), "reading"))
    assert recorder.events[-1] == ("finish", 7)


def test_silence_says_nothing(capsys):
    silent = SilentProgress()
    task = silent.start("nothing", 3.0)
    silent.advance(task)
    silent.finish(task)
    assert list(silent.track([1, 2], "x")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_the_interface_cannot_be_used_itself():
    with pytest.raises(TypeError, match="abstract"):
        AbstractProgress()
