"""Values that go into a file come out of it, whatever their type and shape."""

import gzip
import struct
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spikedim._core import InputError
from spikedim.data import open_samples

TYPES = st.sampled_from(["u1", "i1", "<i2", ">i4", "<i8", "<f4", ">f8"])
SHAPES = st.one_of(
    st.tuples(st.integers(2, 9), st.integers(1, 6)),
    st.tuples(st.integers(2, 6), st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(2, 5), st.integers(5, 6), st.integers(5, 6), st.sampled_from([1, 2, 3])),
)


@st.composite
def arrays(draw, types=TYPES, shapes=SHAPES):
    dtype = np.dtype(draw(types))
    finite = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    return draw(hnp.arrays(dtype, draw(shapes), elements=hnp.from_dtype(dtype, **finite)))


def read_back(write, x, batch):
    with tempfile.TemporaryDirectory() as folder:
        samples = open_samples(str(write(Path(folder), x)))
        batches = list(samples.batches(batch))
        np.testing.assert_array_equal(np.concatenate(batches), samples.to_numpy())
        assert all(len(b) == batch for b in batches[:-1])
        return samples.to_numpy()


def write_npy(folder, x):
    np.save(folder / "x.npy", x)
    return folder / "x.npy"


def write_npz(folder, x):
    np.savez_compressed(folder / "x.npz", x=x)
    return folder / "x.npz"


def write_idx(folder, x):
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[x.dtype.str[1:]]
    head = bytes([0, 0, code, x.ndim]) + struct.pack(f">{x.ndim}I", *x.shape)
    data = head + x.astype(x.dtype.newbyteorder(">")).tobytes()
    (folder / "x.gz").write_bytes(gzip.compress(data))
    return folder / "x.gz"


def write_csv(folder, x):
    lines = [",".join(repr(float(v)) for v in row) for row in x]
    (folder / "x.csv").write_text("\n".join(lines))
    return folder / "x.csv"


def write_series(folder, x):
    lines = [":".join(",".join(repr(float(v)) for v in channel) for channel in row.T) for row in x]
    (folder / "x.ts").write_text("@timeStamps false\n@classLabel false\n@data\n" + "\n".join(lines))
    return folder / "x.ts"


@given(arrays(), st.integers(1, 12), st.booleans())
def test_npy(x, batch, fortran):
    x = np.asfortranarray(x) if fortran else x
    np.testing.assert_array_equal(read_back(write_npy, x, batch), x.reshape(len(x), -1))


@given(arrays(), st.integers(1, 12), st.booleans())
def test_npz(x, batch, fortran):
    x = np.asfortranarray(x) if fortran else x
    np.testing.assert_array_equal(read_back(write_npz, x, batch), x.reshape(len(x), -1))


@given(arrays(types=st.sampled_from(["u1", "i1", ">i2", ">i4", ">f4", ">f8"])), st.integers(1, 12))
def test_idx(x, batch):
    np.testing.assert_array_equal(read_back(write_idx, x, batch), x.reshape(len(x), -1))


@given(
    arrays(types=st.just("<f8"), shapes=st.tuples(st.integers(2, 9), st.integers(1, 5))),
    st.integers(1, 12),
)
def test_csv(x, batch):
    np.testing.assert_array_equal(read_back(write_csv, x, batch), x)


@given(
    arrays(
        types=st.just("<f8"),
        shapes=st.tuples(st.integers(2, 6), st.integers(1, 4), st.integers(1, 3)),
    ),
    st.integers(1, 12),
)
def test_series(x, batch):
    np.testing.assert_array_equal(read_back(write_series, x, batch), x.reshape(len(x), -1))


@given(st.binary(max_size=400), st.sampled_from([".npy", ".npz", ".gz", ".csv", ".ts", ".tar", ""]))
def test_any_bytes_are_opened_or_refused_in_one_line_but_never_crash(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        path.write_bytes(content)
        message = "opened"
        try:
            open_samples(str(path)).to_numpy()
        except InputError as error:
            message = str(error)
        assert message.isprintable()
