"""Firing rates that training remembers and evaluation uses."""

import pytest
import torch
from tests.model_examples import generator

from spikedim.models.layers import RateScaledProduct, RunningRate


def spikes(rate, *, heads=2, seed=0):
    """Spikes [T, B, H, N, D] of the given rate in every head."""
    draws = torch.rand(3, 4, heads, 5, 6, generator=generator(seed), dtype=torch.float64)
    return (draws < torch.as_tensor(rate).reshape(1, 1, -1, 1, 1)).double()


def rates_of(activity):
    return activity.mean((0, 1, 3, 4), keepdim=True)


def test_the_first_batch_sets_the_rates_and_later_ones_move_them_by_a_thousandth():
    running = RunningRate(2).double()
    first, second = spikes(0.2), spikes(0.6, seed=1)
    assert torch.equal(running(first), rates_of(first))
    expected = 0.999 * rates_of(first) + 0.001 * rates_of(second)
    torch.testing.assert_close(running(second), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(running.running_rate, expected, rtol=1e-12, atol=0)
    assert not torch.equal(expected[:, :, 0], expected[:, :, 1])  # a rate for every head


def test_a_head_is_set_by_the_first_batch_in_which_it_fires():
    running = RunningRate(2).double()
    one_silent = spikes(0.3) * torch.tensor([1.0, 0.0]).reshape(1, 1, 2, 1, 1)
    both = spikes(0.6, seed=1)
    assert running(one_silent)[0, 0, 1].item() == RunningRate.prior
    rate = running(both)
    assert torch.equal(rate[:, :, 1], rates_of(both)[:, :, 1])
    assert rate[0, 0, 0].item() == pytest.approx(
        (0.999 * rates_of(one_silent) + 0.001 * rates_of(both))[0, 0, 0].item()
    )


def test_evaluation_uses_what_training_left_and_changes_nothing():
    running = RunningRate(2).double()
    trained = running(spikes(0.2))
    running.eval()
    assert torch.equal(running(spikes(0.9)), trained)
    assert torch.equal(running.running_rate, trained)


def test_an_unknown_rate_is_the_prior_for_every_sample_and_step():
    running = RunningRate(3).eval()
    assert running(torch.zeros(1, 1, 3, 2, 2)).flatten().tolist() == pytest.approx([0.05] * 3)
    assert running(torch.ones(1, 1, 3, 2, 2)).flatten().tolist() == pytest.approx([0.05] * 3)


def test_without_momentum_it_averages_the_batches_since_the_reset():
    running = RunningRate(2, momentum=None).double()
    running(spikes(0.9, seed=5))
    running.reset_running_stats()
    assert (running.running_rate == 0).all()
    batches = [spikes(rate, seed=seed) for seed, rate in enumerate((0.0, 0.3, 0.9))]
    for batch in batches:
        running(batch)
    expected = torch.stack([rates_of(batch) for batch in batches]).mean(0)
    torch.testing.assert_close(running.running_rate, expected, rtol=1e-12, atol=0)


def test_a_checkpoint_holds_the_rate_in_the_released_shape_and_nothing_else():
    state = RunningRate(6).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        "running_rate": (1, 1, 6, 1, 1)
    }


def test_gradients_ignore_the_rate():
    activity = spikes(0.4).requires_grad_()
    values = torch.randn(3, 4, 2, 6, 7, generator=generator(3), dtype=torch.float64)
    product = RateScaledProduct(2).double()
    product(activity, values).sum().backward()
    scale = (rates_of(activity.detach()) * 6) ** -0.5
    expected = (values * scale).sum(-1)[:, :, :, None].expand_as(activity)
    torch.testing.assert_close(activity.grad, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.7])
def test_the_scaled_product_has_variance_one_whatever_the_rate(rate):
    draw = generator(4)
    activity = (torch.rand(1, 64, 1, 200, 48, generator=draw) < rate).double()
    values = torch.randn(1, 64, 1, 48, 25, generator=draw, dtype=torch.float64)
    product = RateScaledProduct(1).double()
    # the values are shared by the tokens of a sample: 64 * 48 * 25 of them, so about 1 % of error
    assert product(activity, values).var().item() == pytest.approx(1.0, rel=0.06)
