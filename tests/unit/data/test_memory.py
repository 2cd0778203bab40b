"""Reading stays within the stated budget, however large the file; measured, not promised."""

import gzip
import io
import struct
import subprocess
import sys
import tarfile
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from spikedim._core import InputError
from spikedim.data import open_samples

BUDGET = 16 << 20
# Not `getrusage`: its maximum is inherited from the process that starts this one.
PEAK = """
import sys
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
"""


@pytest.fixture(scope="module")
def large_npy(tmp_path_factory):
    """200 MB of float32, written in pieces."""
    path = tmp_path_factory.mktemp("large") / "large.npy"
    x = np.lib.format.open_memmap(path, "w+", np.float32, (50_000, 1000))
    row = np.arange(1000, dtype=np.float32)
    for start in range(0, 50_000, 5000):
        x[start : start + 5000] = row + start
    x.flush()
    del x
    yield path
    path.unlink()


def peak_of_reading(samples):
    tracemalloc.start()
    try:
        total = sum(float(batch[:, 0].sum(dtype=np.float64)) for batch in samples.batches())
        return tracemalloc.get_traced_memory()[1], total
    finally:
        tracemalloc.stop()


def test_a_file_larger_than_the_budget_is_streamed_within_it(large_npy):
    peak, total = peak_of_reading(open_samples(str(large_npy), memory_budget=BUDGET))
    assert peak < BUDGET
    assert total == sum(5000.0 * start for start in range(0, 50_000, 5000))


def test_the_process_itself_stays_small(large_npy):
    """Mapped pages do not show in tracemalloc, so ask the system: 200 MB must not become ours."""
    code = (
        PEAK + "from spikedim.data import open_samples\n"
        "import numpy\n"
        "samples = open_samples(sys.argv[1], memory_budget=int(sys.argv[2]))\n"
        "before = peak()\n"
        "rows = sum(len(batch) for batch in samples.batches())\n"
        "print(rows, peak() - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(large_npy), str(BUDGET)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows, growth = map(int, run.stdout.split())
    assert rows == 50_000
    assert growth < BUDGET


def test_a_compressed_archive_is_decompressed_in_slices(tmp_path, rng):
    x = rng.integers(0, 256, (40_000, 1000), dtype=np.uint8)
    np.savez(tmp_path / "x.npz", x=x)
    samples = open_samples(str(tmp_path / "x.npz"), memory_budget=BUDGET)
    peak, total = peak_of_reading(samples)
    assert peak < BUDGET
    assert total == float(x[:, 0].sum(dtype=np.float64))


def test_a_gzipped_idx_is_decompressed_in_slices(tmp_path):
    shape = (40_000, 28, 28)
    with gzip.open(tmp_path / "x.gz", "wb", compresslevel=1) as stream:
        stream.write(b"\0\0\x08\x03" + struct.pack(">3I", *shape))
        for _ in range(40):
            stream.write(bytes(28 * 28 * 1000))
    samples = open_samples(str(tmp_path / "x.gz"), memory_budget=4 << 20)
    peak, total = peak_of_reading(samples)
    assert peak < 4 << 20
    assert total == 0.0


def test_images_are_decoded_a_batch_at_a_time(tmp_path, rng, write_image):
    for i in range(40):
        pixels = rng.integers(0, 256, (100, 100, 3), dtype=np.uint8)
        write_image(tmp_path / f"{i}.bmp", pixels)
    samples = open_samples(f"images:{tmp_path}", memory_budget=1 << 20)
    assert samples.nbytes > 1 << 20
    list(samples.batches())  # Pillow's own modules are not what is measured
    peak, _ = peak_of_reading(samples)
    assert peak < 1 << 20


@pytest.mark.parametrize(
    ("suffix", "options"),
    [("png", {}), ("jpg", {"progressive": True}), ("webp", {"lossless": True, "method": 0})],
)
def test_decoding_an_image_takes_no_more_than_it_is_booked_at(tmp_path, suffix, options):
    """Pillow's memory does not show in tracemalloc: ask the system."""
    path, side = tmp_path / f"a.{suffix}", 1500
    ramp = np.add.outer(np.arange(side), np.arange(side)).astype(np.uint8)
    Image.fromarray(np.stack([ramp, ramp.T, 255 - ramp], axis=2)).save(path, **options)
    code = (
        PEAK + "from pathlib import Path\n"
        "from spikedim.data._decode import _COLOUR_BYTES, decode\n"
        "path, side = Path(sys.argv[1]), int(sys.argv[2])\n"
        "Image = __import__('PIL.Image').Image\n"
        "Image.init()\n"
        "before, budget = peak(), _COLOUR_BYTES * side * side\n"
        "decode(path, path, (side, side, 3), crop=None, budget=budget)\n"
        "print(peak() - before, budget)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path), str(side)],
        capture_output=True,
        text=True,
        check=True,
    )
    growth, budget = map(int, run.stdout.split())
    assert 3 * side * side < growth < budget


@pytest.mark.parametrize(
    ("scheme", "size", "mode", "needed"),
    [
        ("{}", (3000, 2000), "RGB", 24 * 6_000_000),
        ("{}", (4000, 4000), "L", 8 * 16_000_000),
        # Resized to a shorter side of 256, a sliver becomes a giant.
        ("images:{}@224", (4000, 4), "RGB", 24 * 16_000 + 8 * 256 * 256_000),
    ],
)
def test_an_image_must_fit_the_budget_decoded(tmp_path, scheme, size, mode, needed):
    for name in ("a.png", "b.png"):
        Image.new(mode, size).save(tmp_path / name)
    assert (tmp_path / "a.png").stat().st_size < 1 << 17
    width, height = size
    with pytest.raises(
        InputError,
        match=rf"`memory_budget` must be at least {needed:,} bytes to decode an image of {width} x "
        rf"{height} pixels; got 67,108,864 for .*a\.png\. Raise it, or scale the image down\.",
    ):
        open_samples(scheme.format(tmp_path), memory_budget="64MB")
    assert open_samples(scheme.format(tmp_path), memory_budget=needed).shape[0] == 2


def test_an_image_in_an_archive_or_a_table_must_fit_the_budget_decoded(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 2000)).save(buffer, "PNG")
    data = buffer.getvalue()
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name in ("a/1.png", "a/2.png"):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    pq.write_table(pa.table({"image": [data, data]}), tmp_path / "x.parquet")
    needed = 24 * 6_000_000 + len(data)
    for name in ("x.tar", "x.parquet"):
        with pytest.raises(InputError, match=rf"at least {needed:,} bytes to decode an image"):
            open_samples(str(tmp_path / name), memory_budget=needed - 1)
        assert open_samples(str(tmp_path / name), memory_budget=needed).shape == (2, 18_000_000)


def test_labels_must_fit_the_budget(tmp_path, write_idx):
    count = 30_000
    table = pa.table({"x": np.zeros(count, np.uint8), "label": np.zeros(count, np.uint8)})
    pq.write_table(table, tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text("x,label\n" + "1,2\n" * count)
    (tmp_path / "x.ts").write_text("@classLabel true 1\n@data\n" + "1,2:1\n" * count)
    write_idx(tmp_path / "train-images-idx2.gz", np.zeros((count, 1), np.uint8))
    write_idx(tmp_path / "train-labels-idx2.gz", np.zeros(count, np.uint8))
    for name in ("x.parquet", "x.csv", "x.ts", "train-images-idx2.gz"):
        with pytest.raises(
            InputError, match=r"`memory_budget` must be at least .* to hold .*label"
        ):
            open_samples(str(tmp_path / name), memory_budget="256KB")
        assert len(open_samples(str(tmp_path / name)).labels) == count


def test_texts_must_fit_the_budget(tmp_path):
    column = pa.array(["one and the same long sentence " * 40] * 20_000).dictionary_encode()
    pq.write_table(pa.table({"text": column.cast(pa.string())}), tmp_path / "x.parquet")
    assert (tmp_path / "x.parquet").stat().st_size < 1 << 20
    with pytest.raises(InputError, match=r"`memory_budget` must be .* to hold the texts"):
        open_samples(str(tmp_path / "x.parquet"), memory_budget="8MB")


def test_the_contact_sheet_keeps_the_budget(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((12, 1000, 1000, 3), np.float32))
    samples = open_samples(str(tmp_path / "x.npy"), memory_budget="64MB")
    tracemalloc.start()
    try:
        assert 1 <= len(samples.preview(12)) < 12
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_batch_never_reserves_more_rows_than_there_are(tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    (tmp_path / "x.ts").write_text("@classLabel false\n@data\n1,2\n3,4\n")
    for name in ("x.csv", "x.ts"):
        (batch,) = open_samples(str(tmp_path / name)).batches(10**15)
        np.testing.assert_array_equal(batch, [[1, 2], [3, 4]])


SERIES = "@classLabel false\n@data\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.ts", SERIES + "1," * 300_000 + "1\n"),
        ("x.ts", SERIES + "1,2\n" + "1:" * 300_000 + "1\n"),
        ("x.ts", "@description " + "word " * 100_000 + "\n" + SERIES + "1,2\n3,4\n"),
        ("x.ts", "# word\n" * 50_000 + SERIES + "1,2\n3,4\n"),
        ("x.csv", "1," * 300_000 + "1\n"),
        ("x.csv", "1,2\n3,4\n" + "1," * 300_000 + "1\n"),
        # A quoted cell may hold line ends, so that one row has any number of lines.
        ("x.csv", "1,2\n3,4\n" + '"1\n",' * 100_000 + "1\n"),
        ("x.tsv", "text\tlabel\n" + "a\t" * 300_000 + "1\n"),
    ],
)
def test_a_row_must_fit_the_budget_as_it_is_read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    budget = 8 << 20
    tracemalloc.start()
    try:
        with pytest.raises(
            InputError,
            match=r"^open_samples: `memory_budget` must be at least 96 bytes for each letter of "
            r"one row; got 8,388,608 for more than 87,381 letters up to line \d+ of .*Raise it, "
            r"or split that row\.$",
        ):
            open_samples(str(path), memory_budget=budget)
        assert tracemalloc.get_traced_memory()[1] < budget
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "head"), [("x.ts", SERIES), ("x.csv", ""), ("x.tsv", "")], ids=["ts", "csv", "tsv"]
)
def test_a_long_row_takes_no_more_than_it_is_booked_at(tmp_path, name, head):
    path = tmp_path / name
    row = ("\t" if name == "x.tsv" else ",").join(["12"] * 30_000) + "\n"
    path.write_text(head + 3 * row)
    budget = 96 * len(row)
    tracemalloc.start()
    try:
        samples = open_samples(str(path), memory_budget=budget)
        assert sum(float(x.sum()) for x in samples.batches(1)) == 3 * 30_000 * 12
        assert 8 * 30_000 < tracemalloc.get_traced_memory()[1] < budget
    finally:
        tracemalloc.stop()


def write_labelled(path, labels):
    if path.suffix == ".ts":
        rows = "".join(f"1,2:{label}\n" for label in labels)
        path.write_text(f"@classLabel true a b\n@data\n{rows}")
    elif path.suffix == ".csv":
        path.write_text("x,label\n" + "".join(f"1,{label}\n" for label in labels))
    else:
        pq.write_table(pa.table({"x": np.zeros(len(labels)), "label": labels}), path)
    return path


@pytest.mark.parametrize("name", ["x.ts", "x.csv", "x.parquet"])
def test_long_labels_must_fit_the_budget(tmp_path, name):
    path = write_labelled(tmp_path / name, [f"{number:0>500}x" for number in range(2000)])
    with pytest.raises(InputError, match=r"`memory_budget` must be .* to hold .*labels"):
        open_samples(str(path), memory_budget=2 << 20)
    assert len(open_samples(str(path), memory_budget=8 << 20).class_names) == 2000


@pytest.mark.parametrize("name", ["x.ts", "x.csv", "x.parquet"])
def test_one_long_label_does_not_widen_all_others(tmp_path, name):
    count = 2000
    path = write_labelled(tmp_path / name, ["b" * 10_000, *["a"] * (count - 1)])
    tracemalloc.start()
    try:
        samples = open_samples(str(path), memory_budget=BUDGET)
        assert tracemalloc.get_traced_memory()[1] < BUDGET
    finally:
        tracemalloc.stop()
    assert [len(name) for name in samples.class_names] == [1, 10_000]
    assert samples.labels.tolist() == [1] + [0] * (count - 1)
