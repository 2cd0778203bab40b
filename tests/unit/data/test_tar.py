"""Tar archives that would take more memory than they are allowed, and one that would not."""

import gzip
import io
import tarfile
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from spikedim._core import InputError
from spikedim.data import open_samples
from spikedim.data._tar import walk_tar

BUDGET = 16 << 20


def block(name, size=0, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.USTAR_FORMAT)


def member(name, body=b"", kind=tarfile.REGTYPE):
    return block(name, len(body), kind) + body + bytes(-len(body) % 512)


def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    size = len(body) + 1
    while len(str(size)) + len(body) != size:
        size = len(str(size)) + len(body)
    return str(size).encode() + body


def peak_of_refusing(path, match):
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=match):
            open_samples(str(path), memory_budget=BUDGET)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def write_packed(tmp_path):
    def write(*parts):
        path = tmp_path / "x.tar.gz"
        path.write_bytes(gzip.compress(b"".join(parts) + bytes(1024), 1))
        return path

    return write


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    ],
)
def test_a_header_that_would_not_fit_is_refused_unread(write_packed, kind):
    path = write_packed(member("h", bytes(40 << 20), kind), member("a/x.png"))
    assert path.stat().st_size < 1 << 20
    peak = peak_of_refusing(
        path,
        r"^open_samples: `memory_budget` must be at least 1,342,177,280 bytes to read 41,943,040 "
        r"bytes of headers; got 16,777,216 for .*x\.tar\.gz\. Raise it, or write the archive again",
    )
    assert peak < BUDGET


def test_headers_for_all_members_are_counted_together(write_packed):
    parts = [
        member("g", record(b"%d" % number, bytes(200_000)), tarfile.XGLTYPE) for number in range(9)
    ]
    match = r"to read 600,0\d\d bytes of headers"
    assert peak_of_refusing(write_packed(*parts, member("a/x.png")), match) < BUDGET


@pytest.mark.parametrize("value", [b"", b"\xf0\x9f\x98\x80" * 3], ids=["many", "wide"])
def test_a_header_takes_no_more_than_it_is_booked_at(write_packed, value):
    body = b"".join(record(b"%x" % number, value) for number in range(20_000))
    path = write_packed(member("h", body, tarfile.XHDTYPE), member("a/x.png"))
    budget = 32 * len(body)
    tracemalloc.start()
    try:
        found = [part.name for _, part, _ in walk_tar(path, budget)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == ["a/x.png"]
    assert 4 * len(body) < peak < budget


def test_sparse_members_are_refused(write_packed):
    modern = record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0")
    attributes = member("h", modern, tarfile.XHDTYPE)
    for parts in (
        (member("a/x.png", kind=tarfile.GNUTYPE_SPARSE),),
        (attributes, member("a/x.png", b"9999999\n" + b"1\n" * 9999)),
    ):
        with pytest.raises(InputError, match=r"must have no sparse members; got a/x\.png in "):
            open_samples(str(write_packed(*parts)))


def test_headers_upon_headers_are_one_line(write_packed):
    parts = [member("h", record(b"a", b"b"), tarfile.XHDTYPE)] * 3000
    with pytest.raises(InputError, match=r"must be a whole, uncorrupted file; got .* recursion"):
        open_samples(str(write_packed(*parts, member("a/x.png"))))


def test_members_that_are_done_are_forgotten(write_packed):
    path = write_packed(*(member(f"a/{number}.png") for number in range(8000)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in walk_tar(path, BUDGET)) == 8000
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_attributes_of_honest_archives_are_read(tmp_path, form):
    pixels = np.zeros((4, 4), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    data = buffer.getvalue()
    folders = ["z" * 150, "é" * 60, "a"]
    with tarfile.open(tmp_path / "x.tar", "w", format=form) as archive:
        for folder in [*folders, "a"]:
            info = tarfile.TarInfo(f"{folder}/x.png")
            info.size, info.mtime = len(data), 0.5
            archive.addfile(info, io.BytesIO(data))
    samples = open_samples(str(tmp_path / "x.tar"))
    assert samples.class_names == ("a", "z" * 150, "é" * 60)
    assert samples.labels.tolist() == [1, 2, 0, 0]


def test_labels_of_an_archive_must_fit_the_budget(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for number in range(300):
            buffer = io.BytesIO()
            Image.new("L", (2, 2)).save(buffer, "PNG")
            info = tarfile.TarInfo(f"{'c' * 80}{number}/x.png")
            info.size = len(buffer.getvalue())
            archive.addfile(info, io.BytesIO(buffer.getvalue()))
    with pytest.raises(InputError, match=r"`memory_budget` must be at least .* to hold \d+ labels"):
        open_samples(str(tmp_path / "x.tar"), memory_budget=100_000)
    assert open_samples(str(tmp_path / "x.tar"), memory_budget=200_000).shape[0] == 300
