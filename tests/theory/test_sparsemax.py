"""Inhibition that subtracts and integrates gives sparsemax (theory 3.0, acceptance test 13)."""

import numpy as np
import pytest

from spikedim.circuits import softmax, sparsemax

STEPS = [256, 1024, 4096, 16384]


def error(logits, steps, gain=0.02):
    return sparsemax(logits, steps=steps, gain=gain).certificate.error


@pytest.mark.parametrize("n", [4, 16])
def test_reaches_sparsemax_and_not_softmax(n):
    logits = 2 * np.random.default_rng(5).random((40, n))
    result = sparsemax(logits, steps=40_000)
    errors = np.abs(result.value - result.target).max(axis=1)
    leader = logits.argmax(axis=1)[:, None]
    tau = np.take_along_axis(logits - result.target, leader, axis=1)
    clear = np.abs(logits - tau).min(axis=1) > 0.015  # no logit within the ripple of inhibition
    assert clear.sum() > 20
    assert errors[clear].max() <= 2e-3
    assert errors.max() <= 5e-3
    assert result.certificate.holds is True
    exact = softmax(logits, steps=1).target
    assert np.abs(result.value - exact).max(axis=1).min() > 0.05


def test_away_from_the_threshold_the_error_falls_as_one_over_steps():
    errors = [error([1.0, 0.7, 0.5, -0.8], steps) for steps in STEPS]
    slope = np.polyfit(np.log(STEPS), np.log(errors), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


def test_a_logit_at_the_threshold_leaves_a_floor_that_follows_the_gain():
    logits = [1.0, 0.5, 0.25, 0.25, 0.25, 0.25]  # tau = 0.25
    floors = [error(logits, STEPS[-1], gain) for gain in (0.02, 0.04, 0.08)]
    assert floors == sorted(floors)
    assert floors[0] == pytest.approx(error(logits, 4 * STEPS[-1]), rel=0.1)
    assert 1.5 < floors[2] / floors[0] < 4
    assert floors[2] <= 0.08


@pytest.mark.parametrize("logits", [[1.0, 0.5, 0.25, 0.25, 0.25, 0.25], [0.0] * 9, [3.0, 0.1]])
def test_a_gain_of_one_over_root_steps_reaches_every_row(logits):
    near = sum(max(logits) - z < 1 for z in logits)
    for steps in STEPS:
        got = sparsemax(logits, steps=steps, gain=1 / np.sqrt(near * steps)).certificate
        assert got.holds is True
        assert got.error <= 2 * np.sqrt(near / steps)


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("gain", [0.01, 0.05])
def test_the_bound_is_never_broken(scale, gain):
    logits = np.random.default_rng(1).normal(scale=scale, size=(64, 20))
    for steps in (1, 3, 30, 300, 3000):
        assert sparsemax(logits, steps=steps, gain=gain).certificate.holds is True


@pytest.mark.parametrize("gain", [0.01, 0.05])
def test_the_inhibition_stays_in_its_band(gain):
    """Replay the circuit and follow the quantities of the proof."""
    z = np.random.default_rng(2).normal(size=12)
    z -= z.max()
    near = (z > -1).sum()
    tau = (z - sparsemax(z, steps=1).target)[np.argmax(z)]
    g, v, outside, arrived = -1.0, np.full(12, 0.5), 0.0, False
    for _ in range(3000):
        # Membranes of logits that are never driven stay at one half and cancel.
        shifted = g + gain * (v - 0.5).sum()
        arrived = arrived or abs(shifted - tau) <= gain * near / 2 + 1e-12
        if arrived:
            assert abs(g - tau) <= gain * near + 1e-12
        else:
            assert g < tau
            outside += tau - g
        v = v + np.maximum(z - g, 0)
        s = v >= 1
        v = v - s
        g += gain * (s.sum() - 1)
        assert g >= -1 - 1e-12
    assert arrived
    assert outside <= 1 / gain + near / 2
