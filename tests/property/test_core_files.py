"""A file is the old one or the new one, whenever the writer dies."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikedim._core import write_atomic

OLD, NEW = b"o" * 300_000, b"n" * 400_000

# Dies without cleaning up, as a killed process does, when it reaches the named call.
DYING_WRITER = """
import os, sys
from pathlib import Path
from spikedim._core import write_atomic

stage, path = sys.argv[1:]

def die(*args, **kwargs):
    os._exit(9)

class HalfWritten:
    def __init__(self, stream):
        self.stream = stream
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def write(self, data):
        self.stream.write(data[: len(data) // 2])
        self.stream.flush()
        die()

if stage == "write":
    fdopen = os.fdopen
    os.fdopen = lambda *args: HalfWritten(fdopen(*args))
else:
    owner = os if hasattr(os, stage) and stage == "fsync" else Path
    setattr(owner, stage, die)
write_atomic(path, b"n" * 400_000)
"""


@pytest.mark.parametrize("stage", ["write", "fsync", "replace"])
def test_a_writer_that_dies_before_the_rename_leaves_the_old_file(tmp_path, stage):
    path = tmp_path / "result.json"
    path.write_bytes(OLD)
    done = subprocess.run([sys.executable, "-c", DYING_WRITER, stage, str(path)], check=False)
    assert done.returncode == 9, "the writer must die at the stage under test"
    assert path.read_bytes() == OLD
    assert write_atomic(path, NEW).read_bytes() == NEW, "a dead writer must not block the next"


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_the_last_of_many_writes_wins(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("many")
    for content in contents:
        write_atomic(folder / "a", content)
    assert [item.name for item in Path(folder).iterdir()] == ["a"]
    assert (folder / "a").read_bytes() == contents[-1]


@given(st.text(max_size=60))
def test_text_comes_back_as_it_was(tmp_path_factory, text):
    path = write_atomic(tmp_path_factory.mktemp("text") / "a", text)
    assert path.read_bytes().decode() == text
