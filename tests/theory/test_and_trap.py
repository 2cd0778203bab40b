"""The trap of coincidence: an AND of two deterministic trains is not a product of rates."""

import math

import pytest
import torch

from spikedim.neurons import BernoulliEncoder, RandomPhaseEncoder

TRIALS = 400


def coincidence_rates(encoder, steps, generator):
    """Return the rate of the AND of two trains of rate one half, one per trial."""
    rates = torch.full((2, TRIALS), 0.5)
    first, second = encoder.encode(rates, steps=steps, generator=generator).unbind(1)
    return (first * second).mean(dim=0)


@pytest.mark.parametrize("steps", [64, 256, 1024, 4096])
def test_random_phase_trains_coincide_always_or_never(steps, generator):
    got = coincidence_rates(RandomPhaseEncoder(), steps, generator)
    assert set(got.tolist()) == {0.0, 0.5}
    # Design, test 5: sd .25 at every T; that of a fair coin between 0 and 1/2.
    assert got.std().item() == pytest.approx(0.25, abs=0.03)
    assert got.mean().item() == pytest.approx(0.25, abs=5 * 0.25 / math.sqrt(TRIALS))


@pytest.mark.parametrize("steps", [64, 1024])
def test_bernoulli_trains_coincide_at_the_product_of_their_rates(steps, generator):
    got = coincidence_rates(BernoulliEncoder(), steps, generator)
    sd = math.sqrt(0.25 * 0.75 / steps)
    assert got.std().item() == pytest.approx(sd, rel=0.2)
    assert got.mean().item() == pytest.approx(0.25, abs=5 * sd / math.sqrt(TRIALS))
