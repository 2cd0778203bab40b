"""Layers: which exist for which kind of data, and what they compute."""

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples


@pytest.fixture
def image_file(tmp_path, rng):
    x = rng.integers(0, 256, (5, 6, 12, 3), dtype=np.uint8)
    np.save(tmp_path / "images.npy", x)
    return str(tmp_path / "images.npy"), x


def test_patches_are_in_reading_order(image_file):
    path, x = image_file
    got = open_samples(path, layer="patches:3").to_numpy()
    assert got.shape == (5, 8, 27)
    np.testing.assert_array_equal(got[2, 5].reshape(3, 3, 3), x[2, 3:6, 3:6])


def test_pooled_keeps_exact_integer_sums_and_divides_in_the_scale(image_file):
    path, x = image_file
    samples = open_samples(path, layer="pooled:2")
    assert (samples.dtype, samples.scale) == (np.uint16, 1 / 255 / 4)
    want = x[1, 2:4, 8:10, 1].astype(int).sum()
    assert samples.to_numpy().reshape(5, 3, 6, 3)[1, 1, 4, 1] == want


def test_pooled_sums_never_overflow(tmp_path):
    x = np.full((2, 32, 32), 255, np.uint8)
    np.save(tmp_path / "x.npy", x)
    samples = open_samples(str(tmp_path / "x.npy"), layer="pooled:32")
    assert samples.dtype == np.uint32
    assert samples.to_numpy().ravel() * samples.scale == pytest.approx(1.0)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64])
def test_pooled_sums_of_signed_integers_are_exact(tmp_path, dtype):
    low = np.iinfo(dtype).min if dtype is not np.int64 else -(2**40)
    x = np.full((2, 4, 4, 1), low, dtype)
    np.save(tmp_path / "x.npy", x)
    samples = open_samples(str(tmp_path / "x.npy"), layer="pooled:4")
    assert [float(v) * samples.scale for v in samples.to_numpy().ravel()] == [float(low)] * 2


def test_pooled_floats_are_means_of_the_same_type(tmp_path, rng):
    x = rng.random((3, 4, 4, 1)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    got = open_samples(str(tmp_path / "x.npy"), layer="pooled:4")
    assert (got.dtype, got.scale) == (np.float32, 1.0)
    np.testing.assert_allclose(got.to_numpy().ravel(), x.mean((1, 2, 3)), rtol=1e-6)


@pytest.mark.parametrize("layer", ["patches:5", "pooled:4"])
def test_a_size_that_does_not_divide_lists_those_that_do(image_file, layer):
    with pytest.raises(InputError, match=r"`layer` must divide images of 6 x 12 .*: 1, 2, 3, 6\."):
        open_samples(image_file[0], layer=layer)


@pytest.mark.parametrize(
    "layer",
    [
        "patch:2",
        "patches",
        "patches:0",
        "patches:-1",
        "patches:2.5",
        "tokens",
        "embedding",
        "pixels:2",
        "",
        "features",
        "pooled:9999999",
    ],
)
def test_a_layer_that_images_do_not_have_lists_the_valid_ones(image_file, layer):
    with pytest.raises(
        InputError, match=r"`layer` must be one of pixels, patches:P, pooled:P for image data"
    ):
        open_samples(image_file[0], layer=layer)


def test_a_layer_of_a_run_is_sent_where_it_is_known(image_file):
    with pytest.raises(InputError, match=r"NAME@RUN, a layer of a trained run, is for `spikedim m"):
        open_samples(image_file[0], layer="block.0.attn@runs/first")


def test_a_table_has_features_only(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(4))
    assert open_samples(str(tmp_path / "x.npy")).layer == "features"
    with pytest.raises(InputError, match=r"must be one of features for table data; got 'pixels'"):
        open_samples(str(tmp_path / "x.npy"), layer="pixels")


def test_three_float_axes_are_a_series_unless_an_image_layer_is_named(tmp_path, rng):
    x = rng.random((3, 4, 6))
    np.save(tmp_path / "x.npy", x)
    path = str(tmp_path / "x.npy")
    assert (open_samples(path).modality, open_samples(path).shape) == ("series", (3, 24))
    np.testing.assert_array_equal(open_samples(path, layer="tokens").to_numpy(), x)
    np.testing.assert_array_equal(open_samples(path, layer="tokens:2").to_numpy(), x[:, :2])
    np.testing.assert_array_equal(
        open_samples(path, layer="features:3").to_numpy(), x[:, :3].reshape(3, -1)
    )
    assert open_samples(path, layer="patches:2").shape == (3, 6, 4)
    with pytest.raises(InputError, match=r"`layer` must keep at most the 4 steps"):
        open_samples(path, layer="tokens:5")


def test_channels_first_is_moved_last_and_said(tmp_path, rng):
    x = rng.integers(0, 256, (4, 3, 8, 8), dtype=np.uint8)
    np.save(tmp_path / "x.npy", x)
    samples = open_samples(str(tmp_path / "x.npy"))
    want = x.transpose(0, 2, 3, 1).reshape(4, -1)
    np.testing.assert_array_equal(samples.to_numpy(), want)
    assert any("[S, C, H, W]" in note for note in samples.notes)
