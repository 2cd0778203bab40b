"""Floating-point second moments merge without losing digits."""

import numpy as np
import pytest
import torch

from spikedim.dimension._float_moments import FloatMoments, float_gram


@pytest.mark.parametrize("offset", [0.0, 1e7])
@pytest.mark.parametrize("cuts", [(), (1,), (3, 40), (40, 40)])
def test_batches_give_the_covariance_of_all_rows(offset, cuts):
    x = np.random.default_rng(0).normal(size=(60, 6)) + offset
    moments = FloatMoments(6)
    for part in torch.tensor_split(torch.from_numpy(x), cuts):
        moments.update(part)
    np.testing.assert_allclose(moments.covariance(), np.cov(x.T), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(moments.mean(), x.mean(axis=0), rtol=1e-14)


def test_merge_equals_one_pass_and_ignores_an_empty_partner():
    x = torch.randn(50, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    first, second = FloatMoments(4), FloatMoments(4)
    first.update(x[:20])
    second.update(x[20:])
    first.merge(second)
    first.merge(FloatMoments(4))
    torch.testing.assert_close(first.covariance(), torch.cov(x.T), rtol=1e-12, atol=1e-14)
    assert first.n_samples == 50


def test_covariance_crosses_feature_blocks(monkeypatch):
    monkeypatch.setattr("spikedim.dimension._float_moments._BLOCK", 4)
    x = torch.randn(30, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    moments = FloatMoments(11)
    moments.update(x)
    torch.testing.assert_close(moments.covariance(), torch.cov(x.T), rtol=1e-12, atol=1e-14)


def test_gram_is_about_the_mean_row():
    x = torch.randn(7, 3000, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 5
    centred = x - x.mean(dim=0)
    torch.testing.assert_close(float_gram(x), centred @ centred.T, rtol=1e-11, atol=1e-9)
