"""Samples: batches, forms of token layers, budget, previews."""

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples


def test_batches_start_again_each_time_and_keep_the_order():
    samples = open_samples("digits")
    first = np.concatenate(list(samples.batches(100)))
    again = np.concatenate(list(samples.batches(37)))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, samples.to_numpy())


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
@pytest.mark.usefixtures("untyped")
def test_batch_size_must_be_a_positive_integer_and_fails_at_the_call(size):
    with pytest.raises(InputError, match=r"Samples.batches: `batch_size` must be an integer >= 1"):
        open_samples("digits").batches(size)


def test_default_batches_keep_to_a_share_of_the_budget():
    samples = open_samples("digits", memory_budget="64 KB")
    sizes = [len(batch) for batch in samples.batches()]
    assert sum(sizes) == 1797
    assert max(sizes) * (64 + 64 + 8 * 64) <= (64 << 10) / 8


def test_to_numpy_refuses_more_than_the_budget():
    samples = open_samples("digits", memory_budget="100 KB")
    with pytest.raises(
        InputError, match=r"`memory_budget` must be at least 0.1 MB to hold 'digits'"
    ):
        samples.to_numpy()


def test_token_layers_have_three_forms_of_the_same_values():
    tokens = open_samples("digits", layer="patches:4")
    values = tokens.to_numpy()
    assert values.shape == tokens.shape == (1797, 4, 16)
    flat, rows = tokens.flat(), tokens.each_token()
    np.testing.assert_array_equal(flat.to_numpy(), values.reshape(1797, 64))
    np.testing.assert_array_equal(rows.to_numpy(), values.reshape(-1, 16))
    assert (tokens.tokens, flat.tokens, rows.tokens) == (4, 4, 4)
    assert (tokens.group_size, flat.group_size, rows.group_size) == (1, 1, 4)
    assert rows.labels.tolist()[:5] == [0, 0, 0, 0, 1]
    assert tokens.fingerprint == flat.fingerprint == rows.fingerprint


@pytest.mark.parametrize("size", [1, 3, 4, 6, 8, 10_000])
def test_each_token_batches_hold_whole_items_where_they_can(size):
    rows = open_samples("digits", layer="patches:4").each_token()
    sizes = [len(batch) for batch in rows.batches(size)]
    assert max(sizes) <= size
    assert sum(sizes) == 1797 * 4
    if size >= 4:
        assert all(length % 4 == 0 for length in sizes)


def test_a_layer_without_tokens_has_none():
    pixels = open_samples("digits")
    assert pixels.flat() is pixels
    assert pixels.tokens == 1
    with pytest.raises(InputError, match=r"Samples.each_token: `layer` must have tokens"):
        pixels.each_token()


def test_preview_spreads_over_the_data_and_uses_the_whole_grey_scale():
    images = open_samples("digits", layer="patches:2").preview(5)
    assert len(images) == 5
    assert {(i.shape, i.dtype.name) for i in images} == {((8, 8), "uint8")}
    assert max(int(i.max()) for i in images) == 255
    assert not np.array_equal(images[0], images[-1])


def test_preview_of_float_images_is_stretched_and_colour_keeps_three_channels(tmp_path):
    x = np.linspace(-1, 1, 2 * 4 * 4 * 3).reshape(2, 4, 4, 3)
    np.save(tmp_path / "x.npy", x)
    first, last = open_samples(str(tmp_path / "x.npy")).preview(9)
    assert first.shape == (4, 4, 3)
    assert (int(first.min()), int(last.max())) == (0, 255)


def test_preview_is_empty_for_what_is_not_an_image(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(3))
    assert open_samples(str(tmp_path / "x.npy")).preview(3) == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_names_its_sample(tmp_path, bad):
    x = np.ones((50, 3), np.float32)
    x[33, 1] = bad
    np.save(tmp_path / "x.npy", x)
    samples = open_samples(str(tmp_path / "x.npy"))
    with pytest.raises(InputError, match=r"NaN or infinity in sample 33 "):
        list(samples.batches(8))
    with pytest.raises(InputError, match=r"in sample 33 "):
        samples.to_numpy()


def test_a_file_that_shrinks_after_opening_is_noticed(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1,2\n3,4\n5,6\n")
    samples = open_samples(str(path))
    path.write_text("1,2\n3,4\n")
    with pytest.raises(InputError, match=r"must hold the 3 samples it announced; got 2"):
        samples.to_numpy()
