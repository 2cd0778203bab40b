"""Theory test 22: Theorem 6.3 against simulated spikes and a projecting decoder."""

import numpy as np
import pytest

from spikedim.laws import subspace_steps

ENTRIES, MEAN = 1024, 0.2


def projected_error(rank, steps, *, trials=60):
    """Mean squared Frobenius error of projected spike counts, and of raw ones."""
    rng = np.random.default_rng(22)
    basis = np.linalg.qr(rng.normal(size=(ENTRIES, rank)))[0]
    projected, raw = [], []
    for _ in range(trials):
        x = np.clip(MEAN + basis @ (rng.normal(size=rank) * 0.3 / np.sqrt(rank)), 0.02, 0.98)
        counts = rng.binomial(steps, x) / steps
        decoded = MEAN + basis @ (basis.T @ (counts - MEAN))
        projected.append(((decoded - x) ** 2).sum())
        raw.append(((counts - x) ** 2).sum())
    return float(np.mean(projected)), float(np.mean(raw))


def test_thirty_two_of_1024_directions_at_64_steps():
    error, raw = projected_error(32, 64)
    assert error == pytest.approx(0.08, rel=0.10)
    assert raw == pytest.approx(0.16 * ENTRIES / 64, rel=0.05)  # 32 times more without projection
    steps = subspace_steps(rank=32.0, rate_variance=MEAN * (1 - MEAN), distortion=error)
    assert steps == pytest.approx(64, rel=0.10)


@pytest.mark.parametrize("rank", [8, 128])
def test_error_of_a_projection_is_rate_variance_times_rank_over_steps(rank):
    error, _ = projected_error(rank, 16)
    assert error == pytest.approx(0.16 * rank / 16, rel=0.10)
