import math

import pytest
import torch

from spikedim._core import InputError
from spikedim.neurons import (
    LatencyEncoder,
    PositionalBinaryEncoder,
    RefractoryEncoder,
    SigmaDeltaEncoder,
)


def train(encoder, rate, steps):
    generator = torch.Generator().manual_seed(0)
    rates = torch.tensor(rate, dtype=torch.float64)
    return encoder.encode(rates, steps=steps, generator=generator).int().tolist()


@pytest.mark.parametrize(
    ("phase", "rate", "spikes"),
    [
        (0.0, 0.4, [0, 0, 1, 0, 1]),
        (0.5, 0.4, [0, 1, 0, 1, 0]),
        (0.9, 0.0, [0, 0, 0, 0, 0]),
        (0.0, 1.0, [1, 1, 1, 1, 1]),
    ],
)
def test_sigma_delta_by_hand(phase, rate, spikes):
    assert train(SigmaDeltaEncoder(phase=phase), rate, 5) == spikes


def test_a_full_refractory_train_fires_every_cycle():
    spikes = train(RefractoryEncoder(refractory_steps=2), 1.0, 12)
    assert sum(spikes) == 4
    assert [a for a, b in zip(spikes[:-3], spikes[3:], strict=False) if a != b] == []


@pytest.mark.parametrize(("rate", "first"), [(0.0, 0), (0.24, 0), (0.25, 1), (0.99, 3), (1.0, 3)])
def test_latency_by_hand(rate, first):
    assert train(LatencyEncoder(), rate, 4).index(1) == first


@pytest.mark.parametrize(
    ("rate", "digits"),
    [(0.0, [0, 0, 0]), (0.625, [1, 0, 1]), (0.9, [1, 1, 1]), (1.0, [1, 1, 1]), (0.5, [1, 0, 0])],
)
def test_binary_digits_by_hand(rate, digits):
    assert train(PositionalBinaryEncoder(), rate, 3) == digits


def test_all_digits_of_a_double_come_back():
    encoder = PositionalBinaryEncoder()
    rates = torch.tensor([1 / 3, 0.1, 1 - 2**-53], dtype=torch.float64)
    spikes = encoder.encode(rates, steps=53)
    assert (encoder.decode(spikes) - rates).abs().max() <= 2.0**-53


def test_more_digits_than_a_double_has_are_refused():
    encoder = PositionalBinaryEncoder()
    with pytest.raises(InputError, match=r"encode: `steps` must be at most 53, .*; got 54\. Use a"):
        encoder.encode(torch.tensor([0.5]), steps=54)
    with pytest.raises(
        InputError, match=r"^PositionalBinaryEncoder\.decode: `steps` must be at mo"
    ):
        encoder.decode(torch.zeros(54, 1))


@pytest.mark.parametrize(("counts", "low", "high"), [([0, 1], 0, 1), ([1, 2], 1, 2)])
def test_latency_needs_exactly_one_spike(counts, low, high):
    spikes = torch.tensor([[float(t < c) for c in counts] for t in range(3)])
    with pytest.raises(
        InputError, match=rf"`spikes` must have one spike per entry; got {low} to {high}\."
    ):
        LatencyEncoder().decode(spikes)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [-0.1, 1.1, 1.0, math.nan, "half"])
def test_a_phase_is_in_the_half_open_unit_interval(bad):
    with pytest.raises(InputError, match=r"^SigmaDeltaEncoder: `phase` must be "):
        SigmaDeltaEncoder(phase=bad)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [-1, 0.5, True, "2"])
def test_a_refractory_period_is_a_count(bad):
    with pytest.raises(
        InputError, match=r"^RefractoryEncoder: `refractory_steps` must be an integer >= 0; got "
    ):
        RefractoryEncoder(refractory_steps=bad)


def test_a_refractory_period_of_zero_is_the_bernoulli_code():
    rates = torch.tensor([0.1, 0.5, 1.0], dtype=torch.float64)
    got = RefractoryEncoder(refractory_steps=0).variance(rates, steps=7)
    torch.testing.assert_close(got, rates * (1 - rates) / 7, rtol=0, atol=1e-15)
