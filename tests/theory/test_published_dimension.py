"""The published dimension of CIFAR-10 (47 +- 3, the 95 % rank) against the data itself."""

import numpy as np
import pytest

from spikedim.data import cached, open_samples
from spikedim.dimension import covariance_spectrum, participation_ratio, pca95

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def pixels():
    if not cached("cifar10"):
        pytest.skip("cifar10 is not here; run: spikedim data fetch cifar10")
    return open_samples("cifar10", layer="pixels")


def test_all_images_give_217_axes_and_a_participation_ratio_of_9(pixels):
    spectrum = covariance_spectrum(pixels, replicates=0)
    assert spectrum.n_samples == 50_000
    assert pca95(spectrum).value == 217
    assert participation_ratio(spectrum).value == pytest.approx(9.2, abs=0.05)


def test_85_images_give_about_47_axes(pixels):
    x = np.concatenate(list(pixels.batches(5000)))
    rng = np.random.default_rng(0)
    draws = [rng.choice(len(x), 85, replace=False) for _ in range(20)]
    found = [pca95(covariance_spectrum(x[rows], replicates=0)).value for rows in draws]
    assert np.mean(found) == pytest.approx(46.7, abs=1.0)
