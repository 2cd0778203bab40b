"""The race: exact samples of the softmax distribution (theory 3.2, acceptance test 10)."""

import numpy as np
import pytest
from scipy import stats

from spikedim.circuits import race

STEPS = [2**k for k in range(4, 17)]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("n", [4, 16, 64, 256])
def test_rms_error_falls_as_one_over_root_steps_with_the_stated_constant(n):
    logits = rng().normal(size=(400, n))
    runs = [race(logits, steps=t, generator=rng(t)).certificate for t in STEPS]
    errors = [run.rms_error for run in runs]
    slope = np.polyfit(np.log(STEPS), np.log(errors), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.03)
    ratios = [(run.rms_error / run.rms_law) ** 2 for run in runs]
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)
    want = {4: 0.75, 16: 0.88, 64: 1.0, 256: 0.99}[n]  # err sqrt(T), measured with other logits
    assert errors[-1] * np.sqrt(STEPS[-1]) == pytest.approx(want, rel=0.15)


@pytest.mark.parametrize(("n", "scale"), [(4, 1.0), (16, 3.0), (64, 6.0)])
def test_mean_square_and_bias_of_one_row(n, scale):
    copies, steps = 4000, 32
    logits = np.tile(rng(n).normal(scale=scale, size=n), (copies, 1))
    result = race(logits, steps=steps, generator=rng(1))
    attn = result.target[0]
    squares = ((result.value - attn) ** 2).sum(axis=1)
    assert steps * squares.mean() == pytest.approx(1 - (attn**2).sum(), rel=0.1)
    error = np.sqrt(attn * (1 - attn) / (steps * copies))
    assert (np.abs(result.value.mean(axis=0) - attn) <= 4 * error).all()


def test_races_played_out_have_the_same_winners_in_law():
    steps, copies, n = 400, 50, 5
    logits = rng(2).normal(size=n)
    noise = rng(3).random((steps, copies, n))
    result = race(np.tile(logits, (copies, 1)), steps=steps, noise=noise)
    wins = np.rint(result.value * steps).sum(axis=0)
    expected = result.target[0] * steps * copies
    assert stats.chisquare(wins, expected * wins.sum() / expected.sum()).pvalue > 1e-3


def test_another_winner_in_one_step_moves_the_error_by_at_most_root_two_over_steps():
    # The step that McDiarmid's inequality needs; equality when both are far from the target.
    attn = race([0.0, 0.0, 8.0], steps=1, generator=rng()).target
    steps, counts = 10, np.array([3, 3, 4])
    moved = counts + np.array([1, -1, 0])
    change = np.linalg.norm(moved / steps - attn) - np.linalg.norm(counts / steps - attn)
    assert abs(change) <= np.sqrt(2) / steps
    assert np.linalg.norm((moved - counts) / steps) == pytest.approx(np.sqrt(2) / steps)


@pytest.mark.parametrize("failure", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("logits", [[0.0, 0.0], [0.0, 1.0, 2.0, 3.0], [0.0, 6.0]])
def test_the_tail_bound_fails_at_most_as_often_as_promised(logits, failure):
    copies, steps = 20_000, 25
    result = race(np.tile(logits, (copies, 1)), steps=steps, generator=rng(4))
    errors = np.linalg.norm(result.value - result.target, axis=1)
    attn = result.target[0]
    limit = np.sqrt((1 - (attn**2).sum()) / steps) + np.sqrt(np.log(1 / failure) / steps)
    assert (errors > limit).mean() <= failure


def test_a_thousand_rows_keep_their_bound():
    for seed in range(5):
        logits = rng(seed).normal(scale=seed, size=(1000, 12))
        assert race(logits, steps=20, generator=rng(seed + 10)).certificate.holds is True
