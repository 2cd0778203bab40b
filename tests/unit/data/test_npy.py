"""numpy files: which array, which types, and what must never be executed."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples


class Bomb:
    """Leaves a file behind if it is ever unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_8_bit_values_are_read_over_255_and_other_integers_as_they_are(tmp_path):
    for dtype, scale in ((np.uint8, 1 / 255), (np.int16, 1.0), (np.bool_, 1.0)):
        np.save(tmp_path / "x.npy", np.array([[0, 1], [1, 1]], dtype))
        samples = open_samples(str(tmp_path / "x.npy"))
        assert samples.scale == scale
        assert samples.to_numpy().tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize("dtype", ["<f2", ">f4", ">i2", "<f8"])
def test_other_byte_orders_and_half_precision_keep_their_values(tmp_path, dtype):
    x = np.array([[0.5, 2], [4, -8]]).astype(dtype)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x)
    for name in ("x.npy", "x.npz"):
        got = open_samples(str(tmp_path / name)).to_numpy()
        assert got.dtype.isnative
        np.testing.assert_array_equal(got, x.astype(np.float64))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_column_order_is_read_right(tmp_path, rng, save):
    x = np.asfortranarray(rng.random((7, 5)))
    save(tmp_path / "x.npz", x=x)
    np.save(tmp_path / "x.npy", x)
    for name in ("x.npz", "x.npy"):
        np.testing.assert_array_equal(open_samples(str(tmp_path / name)).to_numpy(), x)


def test_column_order_over_the_budget_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.asfortranarray(np.ones((100, 50))))
    with pytest.raises(InputError, match=r"must be stored in row order .C."):
        open_samples(str(tmp_path / "x.npz"), memory_budget=10_000)


def test_npz_finds_samples_labels_splits_and_class_names(tmp_path):
    x, t = np.arange(12.0).reshape(4, 3), np.ones((2, 3))
    np.savez(
        tmp_path / "x.npz",
        x_train=x,
        y_train=[0, 1, 1, 0],
        x_test=t,
        y_test=[1, 0],
        class_names=["cat", "dog"],
    )
    samples = open_samples(str(tmp_path / "x.npz"))
    np.testing.assert_array_equal(samples.to_numpy(), x)
    assert samples.labels.tolist() == [0, 1, 1, 0]
    assert samples.class_names == ("cat", "dog")
    test = open_samples(str(tmp_path / "x.npz"), split="test")
    np.testing.assert_array_equal(test.to_numpy(), t)
    assert test.fingerprint != samples.fingerprint


def test_npz_with_several_arrays_wants_a_name(tmp_path):
    np.savez(tmp_path / "x.npz", left=np.eye(3), right=np.zeros((4, 2)))
    path = str(tmp_path / "x.npz")
    with pytest.raises(InputError, match=r"got arrays left, right .*FILE.npz:KEY"):
        open_samples(path)
    assert open_samples(f"{path}:right").shape == (4, 2)
    with pytest.raises(InputError, match=r"must name one of the arrays left, right; got 'up'"):
        open_samples(f"{path}:up")


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2, 2, 2), (3, 0)])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_wrong_numbers_of_axes_are_refused(tmp_path, shape, suffix):
    path = tmp_path / f"x{suffix}"
    (np.save if suffix == ".npy" else np.savez)(path, np.ones(shape))
    with pytest.raises(InputError, match=r"`spec` must hold an array with axes \[S, D\]"):
        open_samples(str(path))


@pytest.mark.parametrize("values", [np.array([["a"], ["b"]]), np.ones((2, 2), complex)])
def test_text_and_complex_numbers_are_refused(tmp_path, values):
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(InputError, match=r"`spec` must hold real numbers; got dtype"):
        open_samples(str(tmp_path / "x.npy"))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_pickle_inside_is_never_executed(tmp_path, suffix):
    evidence = tmp_path / "evidence"
    x = np.empty((2, 1), object)
    x[:] = Bomb(str(evidence))
    path = tmp_path / f"x{suffix}"
    (np.save if suffix == ".npy" else np.savez)(path, x, allow_pickle=True)
    with pytest.raises(InputError, match=r"Python objects .pickles.*never executed"):
        open_samples(str(path))
    assert not evidence.exists()


def test_a_bare_pickle_named_npy_is_never_executed(tmp_path):
    evidence = tmp_path / "evidence"
    (tmp_path / "x.npy").write_bytes(pickle.dumps(Bomb(str(evidence))))
    with pytest.raises(InputError, match=r"pickles"):
        open_samples(str(tmp_path / "x.npy"))
    assert not evidence.exists()


def test_pickled_labels_or_class_names_are_never_executed(tmp_path):
    evidence = tmp_path / "evidence"
    y = np.empty(2, object)
    y[:] = Bomb(str(evidence))
    for name in ("y", "class_names"):
        np.savez(tmp_path / "x.npz", **{"x": np.eye(2), name: y}, allow_pickle=True)
        with pytest.raises(InputError, match=r"never executed"):
            open_samples(str(tmp_path / "x.npz"))
        assert not evidence.exists()


@pytest.mark.parametrize("keep", [0, 4, 60, 200])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_truncated_files_are_refused(tmp_path, keep, suffix, rng):
    path = tmp_path / f"x{suffix}"
    (np.save if suffix == ".npy" else np.savez_compressed)(path, rng.random((50, 5)))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"`spec` must be a whole"):
        open_samples(str(path)).to_numpy()


def test_a_npz_with_a_flipped_byte_fails_its_checksum(tmp_path, rng):
    path = tmp_path / "x.npz"
    np.savez(path, x=rng.random((500, 5)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"must be a whole, uncorrupted file.*CRC"):
        open_samples(str(path)).to_numpy()


def test_a_zip_bomb_is_refused_before_it_expands(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros((2000, 1000), np.uint8))
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"zip bomb"):
        open_samples(str(path), memory_budget="1 MB")
    assert open_samples(str(path), memory_budget="4 MB").shape == (2000, 1000)


@pytest.mark.parametrize("shape", ["(1000000000, 1000)", "(10, -1)", "(10, 2)"])
def test_a_header_that_lies_about_its_size_is_refused(tmp_path, shape):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + bytes(80)
    (tmp_path / "x.npy").write_bytes(member)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", member)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(InputError, match=r"^open_samples: `spec` must "):
            open_samples(str(tmp_path / name)).to_numpy()


def test_path_traversal_names_in_a_zip_write_nothing(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.eye(3))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("../../escaped.npy", buffer.getvalue())
    assert open_samples(str(tmp_path / "x.npz")).shape == (3, 3)
    assert not (tmp_path.parent / "escaped.npy").exists()


@pytest.mark.parametrize(
    "header", ["{'descr': '<f8', ", "{'a': (", "1 +", "'\x00'", "{}", "(" * 99]
)
def test_a_damaged_header_is_refused_in_one_line(tmp_path, header):
    text = header.ljust(117) + "\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + bytes(80)
    (tmp_path / "x.npy").write_bytes(member)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", member)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(InputError, match=r"`spec` must be a whole .npy array") as caught:
            open_samples(str(tmp_path / name))
        assert str(caught.value).isprintable()


def member(header, data=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("y", "{'descr': '<i8', 'fortran_order': False, 'shape': (-3,)}"),
        ("x", "{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4)}"),
        ("classes", "{'descr': '<U0', 'fortran_order': False, 'shape': (3,)}"),
    ],
)
def test_impossible_shapes_in_an_archive_are_refused(tmp_path, name, header):
    path = tmp_path / "x.npz"
    whole = io.BytesIO()
    np.save(whole, np.ones((3, 4), np.float32))
    members = {"x": whole.getvalue(), name: member(header)}
    with zipfile.ZipFile(path, "w") as archive:
        for key, data in members.items():
            archive.writestr(f"{key}.npy", data)
    with pytest.raises(InputError, match=rf"must hold .*x\.npz:{name}"):
        open_samples(str(path))


def test_an_encrypted_archive_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.ones((3, 4)))
    data = bytearray(path.read_bytes())
    data[6] |= 1  # flag of the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and of the directory
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"readable without a password"):
        open_samples(str(path))


def test_a_header_bomb_in_class_names_is_not_read(tmp_path):
    path = tmp_path / "x.npz"
    whole = io.BytesIO()
    np.save(whole, np.ones((3, 4), np.float32))
    size = 64 << 20
    bomb = b"\x93NUMPY\x02\x00" + size.to_bytes(4, "little") + b" " * size
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", whole.getvalue())
        archive.writestr("classes.npy", bomb)
    del bomb
    with pytest.raises(InputError, match=r"zip bomb"):
        open_samples(str(path), memory_budget="16MB")


@pytest.mark.parametrize(("local", "central", "value"), [(8, 10, 99), (4, 6, 127)])
def test_an_archive_of_another_method_or_version_is_refused(tmp_path, local, central, value):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.ones((3, 4)))
    data = bytearray(path.read_bytes())
    data[local] = value
    data[data.index(b"PK\x01\x02") + central] = value
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"must be in a variant .* can read; got .*Write it again"):
        open_samples(str(path))
