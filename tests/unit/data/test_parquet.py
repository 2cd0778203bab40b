"""Parquet: numbers, lists, texts, images, shards; and the same columns from a hub data set."""

import io
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from spikedim._core import InputError, MissingExtraError
from spikedim.data import open_samples


@pytest.fixture
def write(tmp_path):
    def write(columns, name="x.parquet", **options):
        path = tmp_path / name
        pq.write_table(
            columns if isinstance(columns, pa.Table) else pa.table(columns), path, **options
        )
        return str(path)

    return write


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_numeric_columns_stand_side_by_side_without_the_label(write):
    path = write({"a": [1, 2, 3], "label": ["x", "y", "x"], "b": [0.5, 1.5, 2.5]})
    samples = open_samples(path)
    np.testing.assert_array_equal(samples.to_numpy(), [[1, 0.5], [2, 1.5], [3, 2.5]])
    assert samples.labels.tolist() == [0, 1, 0]
    assert samples.class_names == ("x", "y")


@pytest.mark.parametrize("fixed", [True, False])
def test_a_column_of_lists_is_one_array(write, rng, fixed):
    x = rng.random((20, 6)).astype(np.float32)
    flat = pa.array(x.ravel())
    lists = pa.FixedSizeListArray.from_arrays(flat, 6)
    column = lists if fixed else lists.cast(pa.list_(pa.float32()))
    path = write({"x": column, "y": list(range(20))}, row_group_size=7)
    samples = open_samples(path)
    np.testing.assert_array_equal(samples.to_numpy(), x)
    assert samples.dtype == np.float32
    assert [len(b) for b in samples.batches(6)] == [6, 6, 6, 2]


def test_nested_lists_of_bytes_are_images(write, rng):
    x = rng.integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    column = pa.array(x.tolist(), pa.list_(pa.list_(pa.list_(pa.uint8()))))
    samples = open_samples(write({"x": column}))
    assert samples.modality == "image"
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(4, -1))


@pytest.mark.parametrize("struct", [True, False])
def test_encoded_images_are_decoded(write, rng, struct):
    x = rng.integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    data = [{"bytes": png(i), "path": None} if struct else png(i) for i in x]
    samples = open_samples(write({"image": data, "label": [2, 0, 1]}))
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(3, -1))
    assert samples.labels.tolist() == [2, 0, 1]


def test_a_path_in_a_parquet_file_is_not_opened(write, tmp_path):
    (tmp_path / "secret.png").write_bytes(png(np.zeros((2, 2), np.uint8)))
    data = [{"bytes": None, "path": str(tmp_path / "secret.png")}] * 2
    table = pa.table(
        {"image": pa.array(data, pa.struct({"bytes": pa.binary(), "path": pa.string()}))}
    )
    with pytest.raises(InputError, match=r"must hold image bytes"):
        open_samples(write(table))


def test_texts_are_embedded(write):
    path = write({"sentence": ["good film", "bad film", "fine plot"], "label": [1, 0, 1]})
    samples = open_samples(path, layer="embedding:tfidf")
    assert samples.modality == "text"
    assert samples.labels.tolist() == [1, 0, 1]


def test_shards_in_a_folder_are_one_data_set_with_splits(write, tmp_path):
    for i in range(3):
        write({"a": [i, i], "b": [1.0, 2.0]}, f"train-0000{i}-of-3.parquet")
    write({"a": [9, 9], "b": [1.0, 2.0]}, "test-00000-of-1.parquet")
    samples = open_samples(str(tmp_path))
    assert samples.to_numpy()[:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert open_samples(str(tmp_path), split="test").to_numpy()[:, 0].tolist() == [9, 9]
    write({"a": [1.5], "b": [1.0]}, "train-00009-of-3.parquet")
    with pytest.raises(InputError, match=r"one schema in all shards"):
        open_samples(str(tmp_path))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": ["x", "y"], "b": ["z", "w"]}, r"one text column; got a, b .*FILE.parquet:COLUMN"),
        ({"a": [1.0, None]}, r"no missing values; got a null in column 'a'"),
        ({"a": [[1.0], [1.0, 2.0]]}, r"lists of equal lengths|lists of one shape"),
        ({"a": [[1.0, None], [1.0, 2.0]]}, r"a null in a list"),
        ({"text": ["x", None]}, r"no missing texts"),
        ({"a": [1.0, np.nan]}, r"NaN or infinity in sample 1"),
        ({"label": [1, 2]}, r"must have columns of numbers"),
        ({"a": [1.0]}, r"at least 2 samples"),
        ({"a": pa.array([], pa.float64())}, r"at least 2 samples"),
        ({"image": [b"nope", b"nope"]}, r"known format.*image 0 of"),
    ],
)
def test_bad_columns_say_what_is_wrong(write, columns, message):
    path = write(columns)
    with pytest.raises(InputError, match=message):
        open_samples(path).to_numpy()


def test_one_column_can_be_named(write):
    path = write({"a": ["good film", "bad plot"], "b": [1.0, 2.0], "c": [3.0, 4.0]})
    assert open_samples(f"{path}:c").to_numpy().tolist() == [[3], [4]]
    with pytest.raises(InputError, match=r"one of the columns a, b, c; got 'd'"):
        open_samples(f"{path}:d")


@pytest.mark.parametrize("keep", [4, 100, -10])
def test_truncated_files_are_refused(write, keep):
    path = write({"a": list(range(1000))})
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[:keep])
    with pytest.raises(InputError, match=r"`spec` must be a whole parquet file"):
        open_samples(path).to_numpy()


def test_corrupt_pages_are_refused_when_met(write, rng):
    path = write({"a": rng.random(5000)}, use_dictionary=False, compression="gzip")
    data = bytearray(Path(path).read_bytes())
    data[2000:2400] = bytes(400)
    Path(path).write_bytes(data)
    with pytest.raises(InputError, match=r"`spec` must be a whole parquet file"):
        open_samples(path).to_numpy()


def test_a_row_group_over_the_budget_is_refused(write, rng):
    path = write({"a": rng.random(50_000)})
    with pytest.raises(InputError, match=r"`memory_budget` must be at least the largest row group"):
        open_samples(path, memory_budget="100 KB")


def module(load_dataset):
    fake = ModuleType("datasets")
    fake.load_dataset = load_dataset
    return fake


class FakeDataset:
    """What the datasets library hands out, as far as this room uses it."""

    def __init__(self, table, names=()):
        self.table = table
        self.features = Features(
            {
                n: SimpleNamespace(names=list(names)) if n == "label" else None
                for n in table.column_names
            }
        )
        self.features.arrow_schema = table.schema
        self.info = SimpleNamespace(license="mit")
        self._fingerprint = "abc"

    def __len__(self):
        return self.table.num_rows

    def with_format(self, kind):
        assert kind == "arrow"
        return self

    def select_columns(self, columns):
        return FakeDataset(self.table.select(columns))

    def iter(self, batch_size):
        for start in range(0, len(self), batch_size):
            yield self.table.slice(start, batch_size)


class Features(dict):
    pass


def test_a_hub_data_set_is_read_through_arrow(monkeypatch, rng):
    x = rng.random((5, 3))
    table = pa.table({"x": x.tolist(), "label": [0, 1, 0, 1, 1]})
    calls = []

    def load_dataset(name, config, split):
        calls.append((name, config, split))
        return FakeDataset(table, ("no", "yes"))

    monkeypatch.setitem(sys.modules, "datasets", module(load_dataset))
    samples = open_samples("hf:owner/set@small", split="validation")
    assert calls == [("owner/set", "small", "validation")]
    np.testing.assert_array_equal(samples.to_numpy(), x)
    assert [len(b) for b in samples.batches(2)] == [2, 2, 1]
    assert samples.class_names == ("no", "yes")
    assert samples.fingerprint == "hf:abc"
    assert any("mit" in note for note in samples.notes)


def test_a_hub_failure_is_one_line(monkeypatch):
    def load_dataset(*_, **__):
        raise FileNotFoundError("Dataset 'nope' doesn't exist\non the hub")

    monkeypatch.setitem(sys.modules, "datasets", module(load_dataset))
    with pytest.raises(
        InputError, match=r"got hf:nope with split 'train'.*doesn't exist"
    ) as caught:
        open_samples("hf:nope")
    assert "\n" not in str(caught.value)


def test_a_missing_extra_says_how_to_get_it(monkeypatch, write):
    path = write({"a": [1, 2]})
    for module in ("datasets", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    for spec in ("hf:owner/set", path):
        with pytest.raises(MissingExtraError, match=r"pip install 'spikedim\[hf\]'"):
            open_samples(spec)


def test_another_column_has_another_fingerprint(write):
    path = write({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    specs = (str(path), f"{path}:a", f"{path}:b")
    assert len({open_samples(spec).fingerprint for spec in specs}) == 3
