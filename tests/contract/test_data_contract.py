"""What every source of samples must do, whatever its format."""

import gzip
import io
import pickle
import struct
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from spikedim import data
from spikedim._core import InputError, SampleStream
from spikedim.data import Samples, open_samples

WORDS = ("good", "bad", "dull", "great", "film", "plot", "actor")


def _pixels(change, shape):
    x = np.random.default_rng(7).integers(0, 200, shape, dtype=np.uint8)
    x[-1, 0] += change
    return x


def _png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def make_npy(folder, change):
    np.save(folder / "x.npy", _pixels(change, (10, 4, 4)))
    return "x.npy"


def make_npz(folder, change):
    np.savez_compressed(folder / "x.npz", x=_pixels(change, (10, 4, 4, 3)), y=np.arange(10) % 3)
    return "x.npz"


def make_table(folder, change):
    np.save(folder / "t.npy", _pixels(change, (10, 16)).astype(np.float32))
    return "t.npy"


def make_idx(folder, change):
    x = _pixels(change, (10, 4, 4))
    head = b"\0\0\x08\x03" + struct.pack(">3I", *x.shape)
    (folder / "images-idx3-ubyte.gz").write_bytes(gzip.compress(head + x.tobytes()))
    labels = b"\0\0\x08\x01" + struct.pack(">I", 10) + bytes(i % 3 for i in range(10))
    (folder / "labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    return "images-idx3-ubyte.gz"


def make_folder(folder, change):
    for i, pixels in enumerate(_pixels(change, (10, 4, 4, 3))):
        target = folder / "set" / "abc"[i % 3]
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{i}.png").write_bytes(_png(pixels))
    return "set"


def make_tar(folder, change):
    with tarfile.open(folder / "set.tar", "w") as archive:
        for i, pixels in enumerate(_pixels(change, (10, 4, 4, 3))):
            info = tarfile.TarInfo(f"{'abc'[i % 3]}/{i}.png")
            info.size = len(_png(pixels))
            archive.addfile(info, io.BytesIO(_png(pixels)))
    return "set.tar"


def make_cifar(folder, change):
    x = _pixels(change, (10, 3072))
    for name in ("train", "test"):
        content = {"data": x, "fine_labels": [i % 3 for i in range(10)]}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": ["a", "b", "c"]}))
    return "."


def make_parquet(folder, change):
    x = _pixels(change, (10, 5)).astype(float)
    columns = {f"x{i}": x[:, i] for i in range(5)} | {"label": [i % 3 for i in range(10)]}
    pq.write_table(pa.table(columns), folder / "x.parquet", row_group_size=4)
    return "x.parquet"


def make_csv(folder, change):
    rows = "".join(",".join(map(str, row)) + "\n" for row in _pixels(change, (10, 5)))
    (folder / "x.csv").write_text(rows)
    return "x.csv"


def make_series(folder, change):
    x = _pixels(change, (10, 6))
    lines = "".join(
        ",".join(map(str, row[: 4 + i % 3])) + f":{'abc'[i % 3]}\n" for i, row in enumerate(x)
    )
    (folder / "x.ts").write_text(f"@timeStamps false\n@classLabel true a b c\n@data\n{lines}")
    return "x.ts"


def make_text(folder, change):
    order = np.random.default_rng(3).integers(0, 7, (10, 4))
    order[0, 0] = change % 7
    lines = "".join(" ".join(WORDS[i] for i in row) + f"\t{n % 3}\n" for n, row in enumerate(order))
    (folder / "x.tsv").write_text("sentence\tlabel\n" + lines)
    return "x.tsv"


MAKERS = [
    make_npy,
    make_npz,
    make_table,
    make_idx,
    make_folder,
    make_tar,
    make_cifar,
    make_parquet,
    make_csv,
    make_series,
    make_text,
]
LAYERS = {
    "image": ("pixels", "patches:2", "pooled:2"),
    "series": ("features", "tokens", "features:2", "tokens:2"),
    "table": ("features",),
    "text": ("embedding:tfidf",),
}


@pytest.fixture(params=MAKERS, ids=lambda m: m.__name__.removeprefix("make_"))
def make(request, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEDIM_CACHE", str(tmp_path / "cache"))

    def build(change=0, name="a"):
        folder = tmp_path / name
        folder.mkdir()
        return str(folder / request.param(folder, change))

    return build


@pytest.fixture
def each_layer(make):
    spec = make()
    first = open_samples(spec)
    return [open_samples(spec, layer=layer) for layer in LAYERS[first.modality]]


def test_is_a_sample_stream_that_says_what_it_is(make):
    samples = open_samples(make())
    assert isinstance(samples, Samples)
    assert isinstance(samples, SampleStream)
    assert samples.modality in LAYERS
    assert samples.shape[0] == 10
    assert samples.rereadable
    assert samples.group_size == 1
    assert samples.licence
    assert samples.fingerprint.startswith("sha256:")
    assert len(samples.fingerprint) == 23


def test_batches_have_the_announced_shape_and_type_and_can_be_read_again(each_layer):
    for samples in each_layer:
        whole = samples.to_numpy()
        assert whole.shape == samples.shape
        assert whole.dtype == samples.dtype
        for size in (1, 3, 10, 99):
            batches = list(samples.batches(size))
            assert [len(b) for b in batches[:-1]] == [size] * (len(batches) - 1)
            np.testing.assert_array_equal(np.concatenate(batches), whole)


def test_a_batch_belongs_to_the_caller(each_layer):
    for samples in each_layer:
        before = samples.to_numpy()
        for batch in samples.batches(4):
            batch[...] = 1
        np.testing.assert_array_equal(samples.to_numpy(), before)


def test_flat_and_each_token_are_the_same_values(each_layer):
    for samples in each_layer:
        whole = samples.to_numpy()
        np.testing.assert_array_equal(samples.flat().to_numpy(), whole.reshape(10, -1))
        if len(samples.shape) == 3:
            rows = samples.each_token()
            assert rows.group_size == rows.tokens == samples.shape[1]
            np.testing.assert_array_equal(rows.to_numpy(), whole.reshape(-1, samples.shape[2]))


def test_labels_fit_the_samples(make):
    samples = open_samples(make())
    if samples.labels is not None:
        assert samples.labels.shape == (10,)
        assert set(samples.labels.tolist()) == {0, 1, 2}
        assert len(samples.class_names) in (0, 3)


def test_one_changed_value_changes_the_fingerprint_and_a_copy_does_not(make):
    first, copy, changed = (open_samples(make(c, n)) for c, n in ((0, "a"), (0, "b"), (1, "c")))
    assert first.fingerprint == copy.fingerprint
    assert first.fingerprint != changed.fingerprint


def test_eight_bit_images_stay_eight_bit(make):
    samples = open_samples(make())
    if samples.modality == "image":
        assert (samples.dtype, samples.scale, samples.offset) == (np.uint8, 1 / 255, 0.0)
        assert all(image.dtype == np.uint8 and image.ndim in (2, 3) for image in samples.preview(3))
        assert len(samples.preview(3)) == 3
    else:
        assert samples.preview(3) == ()


def test_a_wrong_layer_lists_the_right_ones(make):
    with pytest.raises(
        InputError, match=r"open_samples: `layer` must be one of .*; got 'nonsense'"
    ):
        open_samples(make(), layer="nonsense")


def test_the_door_lists_what_it_exports():
    assert sorted(data.__all__) == data.__all__
    assert all(hasattr(data, name) for name in data.__all__)
