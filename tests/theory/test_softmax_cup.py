"""The cup circuit: hard bounds on what each entry is owed (theory 3.2 c, 3.3)."""

import numpy as np
import pytest

from spikedim.circuits import cup

STEPS = [64, 256, 1024, 4096]


def owed(result):
    """Return T attn - N."""
    return result.steps * (result.target - result.value)


def extremes(n):
    """Return d_k = H_n - H_(k-1) - 1, which majorises every state."""
    return np.cumsum(1 / np.arange(n, 0, -1))[::-1] - 1


@pytest.mark.parametrize(("n", "at_four"), [(4, 0.155), (16, 0.281), (64, 0.388), (256, 0.452)])
def test_error_falls_as_one_over_steps_with_the_measured_constants(n, at_four):
    logits = np.random.default_rng(0).normal(size=(48, n))
    errors = [cup(logits, steps=t).certificate.rms_error for t in STEPS]
    slope = np.polyfit(np.log(STEPS), np.log(errors), 1)[0]
    assert slope == pytest.approx(-1, abs=0.05)
    assert errors[-1] * STEPS[-1] == pytest.approx(np.sqrt(n / 12), rel=0.2)
    assert cup(logits, steps=4).certificate.rms_error == pytest.approx(at_four, rel=0.05)


@pytest.mark.parametrize("n", [2, 3, 8, 40])
@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0, 6.0])
def test_no_state_is_more_spread_than_the_extreme_one(n, scale):
    logits = np.random.default_rng(n).normal(scale=scale, size=(40, n))
    for steps in (1, 2, 7, 50, 301):
        state = owed(cup(logits, steps=steps))
        fullest = np.cumsum(-np.sort(-state, axis=1), axis=1)
        assert (fullest <= np.cumsum(extremes(n)) + 1e-9).all()
        assert state.max() <= extremes(n)[0] + 1e-9
        assert state.min() >= -(1 - 1 / n) - 1e-9
        assert (state**2).sum(axis=1).max() <= (extremes(n) ** 2).sum() + 1e-9


@pytest.mark.parametrize("n", [1, 2, 5, 17, 256])
def test_the_extreme_state_gives_the_bound_of_the_certificate(n):
    assert (extremes(n) ** 2).sum() == pytest.approx(n - (1 / np.arange(1, n + 1)).sum())
    assert extremes(n)[-1] == pytest.approx(-(1 - 1 / n))
    bound = cup(np.zeros(n), steps=1000).certificate.bound
    assert 1000 * bound == pytest.approx(np.linalg.norm(extremes(n)))


def test_drives_that_change_reach_the_extreme_state():
    # Fill the cups that have not fired yet: the bounds are sharp for changing drives.
    n = 12
    state = np.zeros(n)
    for left in range(n, 1, -1):
        state[:left] += 1 / left
        state[left - 1] -= 1  # any of the fullest
    np.testing.assert_allclose(state, extremes(n), atol=1e-12)


def test_equal_drives_reach_the_lower_bound():
    n = 7
    assert owed(cup(np.zeros(n), steps=1)).min() == pytest.approx(-(1 - 1 / n))


def test_logits_need_no_separation():
    for gap in (0.0, 1e-12, 1e-3):
        result = cup([0.0, gap, 2 * gap, -gap], steps=1001)
        assert result.certificate.holds is True
        assert result.certificate.error <= np.sqrt(4 - 25 / 12) / 1001
