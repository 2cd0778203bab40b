"""Reading stays within the stated budget, however large the file; measured, not promised."""

import gzip
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples

BUDGET = 16 << 20


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
        "import resource, sys\n"
        "from spikedim.data import open_samples\n"
        "import numpy\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10\n"
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
