"""Protocols recognise what has their members."""

import numpy as np

from spikedim._core import SampleStream, SpectrumLike


class Rows:
    shape = (4, 2)
    layer = "features"
    fingerprint = "sha256:0123456789abcdef"
    scale = 1.0
    offset = 0.0
    group_size = 1
    rereadable = True

    def batches(self, batch_size=None):
        yield np.zeros(self.shape)[:batch_size]


class Few:
    shape = (4, 2)


class Flat:
    eigenvalues = np.ones(2)
    total_variance = 2.0
    n_samples = 4
    n_features = 2


def test_a_stream_needs_every_member():
    assert isinstance(Rows(), SampleStream)
    assert not isinstance(Few(), SampleStream)
    assert not isinstance(np.zeros((4, 2)), SampleStream)


def test_a_spectrum_needs_every_member():
    assert isinstance(Flat(), SpectrumLike)
    assert not isinstance(Few(), SpectrumLike)
