"""CIFAR's python version: read exactly, trusted never."""

import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import _cifar_pickle, open_samples
from spikedim.data._cifar_pickle import read_plain_pickle


@pytest.fixture(params=[0, 2, 4])
def cifar10(tmp_path, rng, request):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    x = rng.integers(0, 256, (60, 3072), dtype=np.uint8)
    y = rng.integers(0, 10, 60).tolist()

    def dump(name, content):
        (folder / name).write_bytes(pickle.dumps(content, protocol=request.param))

    for i in range(6):
        part = slice(10 * i, 10 * i + 10)
        name = f"data_batch_{i + 1}" if i < 5 else "test_batch"
        dump(name, {b"data": x[part], b"labels": y[part], b"batch_label": b"x"})
    dump("batches.meta", {b"label_names": [f"class{i}".encode() for i in range(10)]})
    return folder, x, y


def test_images_labels_and_names_come_back(cifar10):
    folder, x, y = cifar10
    want = x.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).reshape(60, -1)
    for spec in (str(folder), f"cifar10:{folder}", f"cifar10:{folder.parent}"):
        train = open_samples(spec)
        np.testing.assert_array_equal(train.to_numpy(), want[:50])
        assert train.labels.tolist() == y[:50]
        assert train.class_names[3] == "class3"
    sizes = [len(b) for b in train.batches(7)]
    assert sizes == [7] * 7 + [1]
    test = open_samples(str(folder), split="test")
    np.testing.assert_array_equal(test.to_numpy(), want[50:])


def test_python_2_pickles_and_cifar100_are_read(tmp_path, rng):
    x = rng.integers(0, 256, (4, 3072), dtype=np.uint8)
    # What Python 2 wrote: byte strings as latin-1 text, opcode by opcode.
    raw = x.tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01(K\x04M\x00\x0ct"
        b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + len(raw).to_bytes(4, "little") + raw + b"tb"
    )
    labels = b"(lp9\nI3\naI1\naI4\naI1\na"
    content = b"\x80\x02}(U\x04data" + array + b"U\x0bfine_labels" + labels + b"u."
    for name in ("train", "test"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "meta").write_bytes(pickle.dumps({"fine_label_names": list("abcde")}))
    samples = open_samples(f"cifar100:{tmp_path}")
    np.testing.assert_array_equal(
        samples.to_numpy(), x.reshape(4, 3, 32, 32).transpose(0, 2, 3, 1).reshape(4, -1)
    )
    assert samples.labels.tolist() == [3, 1, 4, 1]
    assert samples.class_names == tuple("abcde")
    assert open_samples(str(tmp_path)).fingerprint == samples.fingerprint


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_foreign_classes_are_named_and_never_executed(cifar10, tmp_path):
    folder, _, _ = cifar10
    evidence = tmp_path / "evidence"
    for bad, name in (
        (Evil(str(evidence)), "mkdir"),
        (OrderedDict(a=1), "OrderedDict"),
        (np.float64(1), "scalar"),
    ):
        (folder / "data_batch_3").write_bytes(pickle.dumps({"data": bad}, protocol=2))
        with pytest.raises(InputError, match=rf"got the class \S*{name} in .*not executed"):
            open_samples(str(folder))
    assert not evidence.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04",
        b"garbage",
        b"\x80\x04}q\x00.x",
        pickle.dumps([1, 2]),
        b"I" * 40,
        b"\x80\x02cnumpy\nndarray\n(tR.",
        pickle.dumps({"data": [1, 2]}),
        pickle.dumps({"data": np.zeros((2, 5), np.uint8)}),
        pickle.dumps({"data": np.zeros((2, 3072))}, protocol=2),
    ],
)
def test_broken_pickles_are_refused_in_one_line(cifar10, content):
    folder, _, _ = cifar10
    (folder / "data_batch_1").write_bytes(content)
    with pytest.raises(InputError, match=r"^open_samples: `spec` must (be|hold) ") as caught:
        open_samples(str(folder))
    assert "\n" not in str(caught.value)


def test_labels_that_do_not_match_are_refused(cifar10):
    folder, x, _ = cifar10
    for labels in ([1, 2], ["a"] * 10, None):
        content = {"data": x[:10], "labels": labels}
        (folder / "data_batch_1").write_bytes(pickle.dumps(content, protocol=2))
        with pytest.raises(InputError, match=r"one whole-number label per image .10."):
            open_samples(str(folder))


def test_a_missing_batch_is_named(cifar10):
    folder, _, _ = cifar10
    (folder / "data_batch_4").unlink()
    with pytest.raises(InputError, match=r"without data_batch_4"):
        open_samples(f"cifar10:{folder}")


def test_a_pickle_over_the_budget_is_not_loaded(cifar10):
    folder, _, _ = cifar10
    with pytest.raises(InputError, match=r"fits the memory budget twice"):
        open_samples(str(folder), memory_budget="40 KB")


def test_a_memo_number_beyond_the_opcodes_is_refused_before_memory_is_taken(cifar10):
    folder, _, _ = cifar10
    # The interpreter would reserve a table of that many entries: ten bytes could fill a machine.
    content = b"\x80\x02}r" + (1 << 24).to_bytes(4, "little") + b"."
    (folder / "data_batch_2").write_bytes(content)
    with pytest.raises(InputError, match=r"whole CIFAR pickle.*memo number 16777216"):
        open_samples(str(folder))


def test_text_copied_again_and_again_is_refused(cifar10):
    folder, _, _ = cifar10
    text = b"X" + (10_000).to_bytes(4, "little") + b"a" * 10_000 + b"q\x00"
    copies = b"c_codecs\nencode\nh\x00\x85R" * 50
    (folder / "data_batch_2").write_bytes(b"\x80\x02(" + text + copies + b"l.")
    with pytest.raises(InputError, match=r"whole CIFAR pickle.*expands to more than the file"):
        open_samples(str(folder))


def test_a_pickle_cannot_alter_the_reader(cifar10, tmp_path):
    folder, x, _ = cifar10
    # BUILD with a state on the stand-in itself would set an attribute of the function.
    evil = b"\x80\x02c_codecs\nencode\n}U\x05taintK\x01sb."
    (tmp_path / "evil").write_bytes(evil)
    with pytest.raises(InputError, match=r"a CIFAR pickle"):
        read_plain_pickle(tmp_path / "evil", 1 << 20)
    assert not any(hasattr(thing, "taint") for thing in vars(_cifar_pickle).values())
    assert len(open_samples(str(folder)).to_numpy()) == len(x) - 10
