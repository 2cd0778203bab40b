"""Files that are either whole or absent."""

import os
import stat
import tempfile

import pytest

from spikedim._core import InputError, check_writable, write_atomic


def test_writes_text_as_utf8_and_returns_the_path(tmp_path):
    path = write_atomic(tmp_path / "a.txt", "ε = 0.1\n")
    assert path == tmp_path / "a.txt"
    assert path.read_bytes() == "ε = 0.1\n".encode()


def test_writes_bytes_as_they_are(tmp_path):
    assert write_atomic(tmp_path / "a", b"\x00\r\n\xff").read_bytes() == b"\x00\r\n\xff"


def test_replaces_an_older_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("old and much longer")
    write_atomic(path, "new")
    assert path.read_text() == "new"


def test_leaves_nothing_beside_the_file(tmp_path):
    write_atomic(tmp_path / "a", "x")
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_has_the_mode_of_an_ordinary_file(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("x")
    path = write_atomic(tmp_path / "a", "x")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_reads_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_writable("~/a", name="out", caller="plan") == tmp_path / "a"


def test_a_check_creates_nothing(tmp_path):
    check_writable(tmp_path / "a", name="out", caller="plan")
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"^plan: `out` must be a file; got the folder '.*'\.$"):
        check_writable(tmp_path, name="out", caller="plan")


def test_refuses_a_missing_folder(tmp_path):
    with pytest.raises(
        InputError, match=r"^plan: `out` must lie in an existing folder; got .* Create '.*no' first"
    ):
        check_writable(tmp_path / "no" / "a", name="out", caller="plan")


def test_refuses_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)  # root may write anywhere
    with pytest.raises(
        InputError, match=r"^plan: `out` must be writable; got .*\(Permission denied\)\. Choose"
    ):
        check_writable(tmp_path / "a", name="out", caller="plan")


def test_refuses_what_is_not_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # renaming over /dev/null would break the whole machine
    with pytest.raises(InputError, match=r"^plan: `out` must be a regular file.*'.*pipe'\. Choose"):
        check_writable(tmp_path / "pipe", name="out", caller="plan")
    with pytest.raises(InputError, match=r"must be a regular file"):
        write_atomic(tmp_path / "pipe", "x")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_never_changes_the_mask_of_the_process(tmp_path, monkeypatch):
    # Another thread would create its files with the wrong mode meanwhile.
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the mask was touched"))
    write_atomic(tmp_path / "a", "x")


def test_writing_checks_first(tmp_path):
    with pytest.raises(InputError, match=r"^write_atomic: `path` must be a file"):
        write_atomic(tmp_path, "x")


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_no_part(tmp_path, monkeypatch, error):
    path = tmp_path / "a"
    path.write_text("old")

    def fail(_):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write_atomic(path, "new")
    assert [item.name for item in tmp_path.iterdir()] == ["a"]
    assert path.read_text() == "old"
