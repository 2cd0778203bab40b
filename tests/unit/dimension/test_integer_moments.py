"""Exact integer second moments: chunks, overflow, fallback."""

import numpy as np
import pytest
import torch

from spikedim.dimension import _integer_moments as module
from spikedim.dimension._integer_moments import (
    IntegerMoments,
    integer_gram,
    integer_product,
)


def int8(s, d, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(-128, 128, (s, d), dtype=torch.int8, generator=g)


def exact_covariance(rows):
    """Return the covariance by Python-precision integers, rounded once."""
    x = rows.numpy().astype(np.int64)
    n = len(x)
    return torch.from_numpy((n * (x.T @ x) - np.outer(x.sum(0), x.sum(0))) / (n * (n - 1)))


@pytest.mark.parametrize("d", [1, 2, 31, 33, 100])
@pytest.mark.parametrize("cuts", [(), (1,), (50, 51), (99,)])
def test_covariance_is_exact_however_rows_arrive(d, cuts):
    rows = int8(100, d)
    moments = IntegerMoments(d)
    for part in torch.tensor_split(rows, cuts):
        moments.update(part)
    assert torch.equal(moments.covariance(), exact_covariance(rows))
    assert torch.equal(moments.mean(), rows.double().mean(dim=0))


def test_covariance_crosses_feature_blocks(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 32)
    rows = int8(70, 100)
    moments = IntegerMoments(100)
    moments.update(rows)
    got = moments.covariance()
    assert torch.equal(got, exact_covariance(rows))
    assert torch.equal(got, got.T)


@pytest.mark.parametrize("chunk", [7, 64])
def test_flushes_to_int64_before_int32_can_overflow(monkeypatch, chunk):
    monkeypatch.setattr(module, "_CHUNK", chunk)
    monkeypatch.setattr(module, "_SAFE_TERMS", 100)
    rows = int8(1000, 40)
    moments = IntegerMoments(40)
    moments.update(rows)
    assert moments._n_recent <= 100
    assert torch.equal(moments.covariance(), exact_covariance(rows))


def test_the_int32_limit_is_the_largest_safe_one():
    assert module._SAFE_TERMS * 128**2 < 2**31 <= (module._SAFE_TERMS + 1) * 128**2


def test_more_rows_than_int32_can_hold_are_summed_exactly():
    # 140,000 rows of -128 sum to 2.29e9 > 2^31; the odd one keeps a variance.
    rows = torch.full((140_000, 2), -128, dtype=torch.int8)
    rows[0, 0] = 127
    moments = IntegerMoments(2)
    moments.update(rows)
    n = len(rows)
    variance = 255**2 * (n - 1) / (n * (n - 1))
    assert moments.covariance()[0, 0].item() == variance
    assert moments.covariance()[1, 1].item() == 0


@pytest.mark.parametrize("times", [2**19, 2**23])
def test_centres_in_the_type_that_holds_the_products(times):
    # As if 2^20 or 2^24 rows had been seen: (n * 128)^2 = 2^54, 2^62.
    moments = IntegerMoments(2)
    moments.update(torch.tensor([[3, -4], [5, 6]], dtype=torch.int8))
    for strip in moments._recent:
        strip *= times
    moments._flush()
    moments.sums *= times
    moments.n_samples *= times
    n = moments.n_samples
    want = torch.tensor([[1.0, 5.0], [5.0, 25.0]], dtype=torch.float64) * n / (n - 1)
    torch.testing.assert_close(moments.covariance(), want, rtol=1e-12, atol=0)


def test_merged_halves_equal_the_whole():
    rows = int8(90, 50)
    parts = [IntegerMoments(50), IntegerMoments(50)]
    parts[0].update(rows[:30])
    parts[1].update(rows[30:])
    parts[0].merge(parts[1])
    assert torch.equal(parts[0].covariance(), exact_covariance(rows))
    assert parts[0].n_samples == 90


def test_gram_is_exact_across_feature_chunks(monkeypatch):
    monkeypatch.setattr(module, "_SAFE_TERMS", 64)
    rows = int8(50, 200)
    assert torch.equal(integer_gram(rows), rows.double() @ rows.double().T)


@pytest.mark.parametrize("usable", [True, False])
@pytest.mark.parametrize("shape", [(1, 20, 1), (40, 1, 40), (1, 1, 1), (33, 64, 33), (32, 500, 3)])
def test_product_is_exact_with_and_without_the_int8_kernel(monkeypatch, usable, shape):
    m, k, n = shape
    if not usable:
        monkeypatch.setattr(module, "_has_exact_int8_product", lambda: False)
    left, right = int8(m, k), int8(k, n, seed=1)
    got = integer_product(left, right)
    assert got.dtype == torch.int32
    assert torch.equal(got.double(), left.double() @ right.double())


def test_a_kernel_that_saturates_or_is_missing_is_not_used(monkeypatch):
    check = module._has_exact_int8_product.__wrapped__
    monkeypatch.setattr(
        torch, "_int_mm", lambda a, b: (a.double() @ b.double()).clamp(-32768, 32767).int()
    )
    assert check() is False

    def refuse(a, b):
        raise RuntimeError("not compiled")

    monkeypatch.setattr(torch, "_int_mm", refuse)
    assert check() is False
    monkeypatch.delattr(torch, "_int_mm")
    assert check() is False
