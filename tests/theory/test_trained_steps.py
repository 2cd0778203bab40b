"""What kept runs do at a T they were not trained at, measured again on the digits."""

from pathlib import Path

import pytest

from spikedim.training import evaluate

RUNS = Path(__file__).resolve().parents[2] / "studies" / "cpu_training" / "runs"


def accuracies(run, steps, **options):
    found = evaluate(RUNS / run, steps=steps, rate_samples=8, **options)
    return {point.steps: point.accuracy for point in found.points}


def test_weights_trained_at_one_step_lose_with_every_further_step():
    got = accuracies("digits-1", (1, 2, 4, 8))
    assert got[1] > got[2] > got[4] > got[8]
    assert got[1] - got[8] > 0.1


@pytest.mark.parametrize("run", ["digits-2", "digits-4"])
def test_weights_trained_at_two_or_four_steps_keep_what_they_have(run):
    got = accuracies(run, (2, 4, 8))
    assert got[8] >= got[2] - 0.005
    assert abs(got[2] - got[4]) < 0.03


def test_noise_in_training_is_worth_a_factor_in_steps():
    """One step of the net trained with noise beats two of the one trained without, and so on."""
    plain = accuracies("digits-twin", (2, 4, 8), seed=0)
    noisy = accuracies("digits-noise", (1, 2, 4), seed=0)
    assert noisy[1] > plain[2]
    assert noisy[2] > plain[4]
    assert noisy[4] > plain[8]
