"""The idx format, plain and gzipped."""

import gzip

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_images_find_the_labels_beside_them(tmp_path, rng, write_idx, suffix):
    x = rng.integers(0, 256, (20, 4, 4), dtype=np.uint8)
    images = write_idx(tmp_path / f"train-images-idx3-ubyte{suffix}", x)
    write_idx(tmp_path / f"train-labels-idx1-ubyte{suffix}", np.arange(20, dtype=np.uint8))
    write_idx(tmp_path / f"t10k-images-idx3-ubyte{suffix}", x[:3])
    samples = open_samples(str(images))
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(20, 16))
    assert samples.labels.tolist() == list(range(20))
    assert samples.scale == 1 / 255
    folder = open_samples(str(tmp_path))
    np.testing.assert_array_equal(folder.to_numpy(), samples.to_numpy())
    assert open_samples(str(tmp_path), split="test").shape == (3, 16)


def test_labels_of_another_length_are_not_used(tmp_path, rng, write_idx):
    images = write_idx(tmp_path / "images-idx3", rng.integers(0, 9, (5, 2, 2), dtype=np.uint8))
    write_idx(tmp_path / "labels-idx1", np.zeros(4, np.uint8))
    assert open_samples(str(images)).labels is None


def test_labels_alone_are_not_samples(tmp_path, write_idx):
    path = write_idx(tmp_path / "labels-idx1", np.zeros(4, np.uint8))
    with pytest.raises(InputError, match=r"`spec` must hold an array with axes"):
        open_samples(str(path))


@pytest.mark.parametrize("keep", [3, 9, 40])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_truncated_files_are_refused(tmp_path, rng, write_idx, keep, suffix):
    path = write_idx(tmp_path / f"x.idx{suffix}", rng.integers(0, 256, (9, 4, 4), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"`spec` must be (a whole, uncorrupted|in a known)"):
        open_samples(str(path)).to_numpy()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_more_data_than_announced_is_refused(tmp_path, rng, write_idx, suffix):
    path = write_idx(tmp_path / f"x.idx{suffix}", rng.integers(0, 256, (9, 4, 4), dtype=np.uint8))
    path.write_bytes(path.read_bytes() + (gzip.compress(b"more") if suffix else b"more"))
    with pytest.raises(InputError, match=r"must be a whole, uncorrupted file"):
        open_samples(str(path)).to_numpy()


def test_gzip_of_something_else_is_refused(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"hello world"))
    with pytest.raises(InputError, match=r"in a known format"):
        open_samples(str(tmp_path / "x.gz"))


def test_a_header_that_announces_a_giant_item_is_refused(tmp_path):
    head = b"\0\0\x08\x03" + b"\0\0\0\x02" + b"\x7f\xff\xff\xff" * 2
    (tmp_path / "x.gz").write_bytes(gzip.compress(head))
    with pytest.raises(InputError, match=r"`memory_budget` must be at least one sample"):
        open_samples(str(tmp_path / "x.gz"))
