"""The published numbers of CIFAR-10 pixels, on the real images."""

import numpy as np
import pytest

from spikedim.dimension import covariance_spectrum, participation_ratio, pca95

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def samples():
    from spikedim.data import cached, open_samples

    if not cached("cifar10"):
        pytest.skip("cifar10 is not in the cache; run `spikedim data fetch cifar10`")
    return open_samples("cifar10", layer="pixels")


@pytest.fixture(scope="module")
def pixels(samples):
    return samples.to_numpy()


def test_pca95_is_217_with_every_eigenvalue_and_with_the_certified_part(samples, pixels):
    spectrum = covariance_spectrum(samples, replicates=0)
    assert spectrum.method == "exact integer covariance"
    assert (spectrum.n_samples, spectrum.n_features) == (50_000, 3072)
    assert pca95(spectrum).value == 217
    assert pca95(spectrum, fraction=0.99).value == 658
    assert pca95(pixels, replicates=0).value == 217


def test_participation_ratio_is_nine(pixels):
    got = participation_ratio(pixels)
    assert got.value == pytest.approx(9.235, abs=0.001)
    assert got.low < 9.235 < got.high
    assert got.high - got.low < 1
    assert not got.still_rising


def test_eighty_five_images_show_about_47_and_say_that_it_is_a_lower_bound(pixels):
    rng = np.random.default_rng(0)
    found = [pca95(pixels[rng.choice(len(pixels), 85, replace=False)]) for _ in range(10)]
    assert np.mean([got.value for got in found]) == pytest.approx(46.7, abs=1.5)
    assert all(got.still_rising and got.high < 217 for got in found)
