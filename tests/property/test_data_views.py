"""What a layer may not change: patches only reorder pixels, pooling is a mean."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikedim.data import open_samples


@st.composite
def images(draw):
    size, down, across = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    channels = draw(st.sampled_from([1, 3, 4]))
    shape = (draw(st.integers(2, 4)), size * down, size * across, channels)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    kind = draw(st.sampled_from(["uint8", "int16", "float32"]))
    x = rng.integers(0, 256, shape).astype(kind)
    return (x / 7).astype(kind) if kind == "float32" else x, size


def view(x, layer):
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", x)
        samples = open_samples(f"{folder}/x.npy", layer=layer)
        return samples, samples.to_numpy()


@given(images())
def test_patches_can_be_put_together_again(drawn):
    x, size = drawn
    s, h, w, c = x.shape
    samples, tokens = view(x, f"patches:{size}")
    assert samples.tokens == (h // size) * (w // size)
    rebuilt = np.empty_like(x)
    for token in range(samples.tokens):
        row, column = divmod(token, w // size)
        tile = tokens[:, token].reshape(s, size, size, c)
        rebuilt[:, row * size : (row + 1) * size, column * size : (column + 1) * size] = tile
    np.testing.assert_array_equal(rebuilt, x)


@given(images())
def test_pooling_equals_the_naive_mean(drawn):
    x, size = drawn
    s, h, w, c = x.shape
    samples, pooled = view(x, f"pooled:{size}")
    pooled = pooled.reshape(s, h // size, w // size, c)
    for i in range(h // size):
        for j in range(w // size):
            for k in range(c):
                block = x[:, i * size : (i + 1) * size, j * size : (j + 1) * size, k]
                if x.dtype.kind == "f":
                    want = block.reshape(s, -1).astype(np.float64).mean(1)
                    assert pooled[:, i, j, k] == pytest.approx(want, rel=1e-6)
                else:
                    want = block.reshape(s, -1).astype(int).sum(1)
                    np.testing.assert_array_equal(pooled[:, i, j, k], want)
    base = 1 / 255 if x.dtype == np.uint8 else 1.0
    assert samples.scale == (base if x.dtype.kind == "f" else base / size**2)


@given(st.integers(1, 6), st.integers(1, 400))
def test_rows_of_tokens_are_the_tokens_in_any_batch_size(size, batch):
    x = np.random.default_rng(size).integers(0, 256, (5, 2 * size, 3 * size, 1), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", x)
        samples = open_samples(f"{folder}/x.npy", layer=f"patches:{size}")
        rows = np.concatenate(list(samples.each_token().batches(batch)))
        np.testing.assert_array_equal(rows, samples.to_numpy().reshape(-1, size * size))
