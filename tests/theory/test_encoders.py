"""Encoders against their closed forms: slopes, constants and exact variances."""

import math

import numpy as np
import pytest
import torch

from spikedim.bounds import (
    bernoulli_steps,
    binary_code_steps,
    hoeffding_steps,
    latency_steps,
    random_phase_steps,
    refractory_code_steps,
    sigma_delta_max_error_steps,
    sigma_delta_steps,
)
from spikedim.neurons import (
    BernoulliEncoder,
    LatencyEncoder,
    PositionalBinaryEncoder,
    RandomPhaseEncoder,
    RefractoryEncoder,
    SigmaDeltaEncoder,
)

STEPS = [2**k for k in range(2, 15, 2)]
# Design, test 1: slope of log RMS against log T, and RMS times T^-slope.
LAWS = [
    (BernoulliEncoder(), -0.5, 0.408),
    (SigmaDeltaEncoder(phase=0.0), -1.0, 0.577),
    (SigmaDeltaEncoder(phase=0.5), -1.0, 0.289),
    (RandomPhaseEncoder(), -1.0, 0.408),
]


def decoded(encoder, rates, steps, generator):
    """Encode and decode some entries at a time: 16,384 steps of 4,000 entries are large."""
    size = max(1, 32_000_000 // steps)
    return torch.cat(
        [
            encoder.decode(encoder.encode(part, steps=steps, generator=generator))
            for part in rates.split(size)
        ]
    )


@pytest.mark.parametrize(("encoder", "slope", "constant"), LAWS, ids=lambda v: str(v))
def test_error_falls_with_the_slope_and_constant_of_the_design(encoder, slope, constant, generator):
    rates = torch.rand(4000, generator=generator)
    rms = [
        (decoded(encoder, rates, steps, generator) - rates).square().mean().sqrt().item()
        for steps in STEPS
    ]
    measured, _ = np.polyfit(np.log(STEPS), np.log(rms), 1)
    assert measured == pytest.approx(slope, abs=0.03)
    assert rms[-1] * STEPS[-1] ** -slope == pytest.approx(constant, rel=0.05)


@pytest.mark.parametrize("steps", [1, 3, 10, 37])
@pytest.mark.parametrize(
    "encoder",
    [e for e, _, _ in LAWS] + [RefractoryEncoder(refractory_steps=2), LatencyEncoder()],
    ids=str,
)
def test_bias_and_variance_are_exact_at_every_number_of_steps(encoder, steps, generator):
    rates = torch.tensor([0.0, 0.07, 0.3, 0.5, 0.81, 1.0], dtype=torch.float64)
    draws = 20_000
    got = encoder.decode(encoder.encode(rates.expand(draws, -1), steps=steps, generator=generator))
    variance = encoder.variance(rates, steps=steps)
    off = (got.mean(dim=0) - rates - encoder.bias(rates, steps=steps)).abs()
    assert (off <= 5 * (variance / draws).sqrt() + 1e-12).all()
    # A variance of bounded errors from 20,000 draws: 4th moment below range^2 times the 2nd.
    noise = 5 * ((1 + encoder.worst_error(steps=steps)) ** 2 * variance / draws).sqrt()
    assert ((got.var(dim=0) - variance).abs() <= noise + 1e-12).all()


@pytest.mark.parametrize("steps", [1, 2, 5, 10])
@pytest.mark.parametrize(
    "encoder",
    [*(e for e, _, _ in LAWS), RefractoryEncoder(), LatencyEncoder(), PositionalBinaryEncoder()],
    ids=str,
)
def test_uniform_rms_is_the_average_of_bias_and_variance(encoder, steps):
    rates = (torch.arange(2**17, dtype=torch.float64) + 0.5) / 2**17
    error = encoder.variance(rates, steps=steps) + encoder.bias(rates, steps=steps).square()
    assert encoder.uniform_rms(steps=steps) == pytest.approx(error.mean().sqrt().item(), rel=1e-4)


@pytest.mark.parametrize(
    ("encoder", "theorem"),
    [
        (BernoulliEncoder(), lambda **a: bernoulli_steps(**a, rate_variance=1 / 6)),
        (SigmaDeltaEncoder(phase=0.2), lambda **a: sigma_delta_steps(**a, phase=0.2)),
        (RandomPhaseEncoder(), random_phase_steps),
        (LatencyEncoder(), latency_steps),
        (PositionalBinaryEncoder(), binary_code_steps),
    ],
    ids=lambda v: getattr(v, "__name__", str(v)),
)
@pytest.mark.parametrize("epsilon", [0.1, 0.03, 0.004])
def test_the_steps_of_the_bound_are_the_fewest_that_reach_its_error(encoder, theorem, epsilon):
    bound = theorem(tokens=1, features=1, epsilon_rms=epsilon, lipschitz=1.0)
    steps = round(bound.value)
    assert encoder.uniform_rms(steps=steps) <= epsilon * (1 + 1e-12)
    if steps > 1:
        assert encoder.uniform_rms(steps=steps - 1) > epsilon


@pytest.mark.parametrize("refractory", [0, 1, 3])
def test_the_refractory_bound_is_the_limit_of_the_exact_law(refractory):
    epsilon = 0.01
    bound = refractory_code_steps(
        tokens=1, features=1, epsilon_rms=epsilon, lipschitz=1.0, refractory_steps=refractory
    )
    encoder = RefractoryEncoder(refractory_steps=refractory)
    got = encoder.uniform_rms(steps=round(bound.value))
    # The edge of a window of T steps costs a share t_ref / T of the variance.
    assert got == pytest.approx(epsilon, rel=1e-4 + refractory / bound.value)


def test_refractory_variance_of_two_steps_by_hand():
    # Rate 1/4 with one silent step: r = 1/4, spikes exclude each other in neighbouring steps,
    # so N is 0 or 1 with P(1) = 1/2: variance 1/4, times ((1 + 1) / 2)^2.
    got = RefractoryEncoder().variance(torch.tensor([0.5]), steps=2)
    assert got.item() == pytest.approx(0.25, abs=1e-15)


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.5])
def test_no_sigma_delta_rate_is_off_by_more_than_its_worst_error(phase, generator):
    largest = 0.05
    bound = sigma_delta_max_error_steps(tokens=1, features=1, max_error=largest, phase=phase)
    encoder = SigmaDeltaEncoder(phase=phase)
    rates = torch.rand(20_000, generator=generator, dtype=torch.float64)
    steps = round(bound.value)
    error = (encoder.decode(encoder.encode(rates, steps=steps)) - rates).abs().max().item()
    assert error <= encoder.worst_error(steps=steps) + 1e-12 <= largest + 2e-12
    assert error > 0.98 * encoder.worst_error(steps=steps)


def test_hoeffding_steps_of_the_design_hold_for_all_entries_at_once(generator):
    # Design, test 4, on trains; 600 of the 24,576 entries keep it quick.
    bound = hoeffding_steps(tokens=64, features=384, max_error=0.05, failure_probability=0.01)
    assert bound.value == 3082
    rates = torch.rand(64 * 384, generator=generator)
    spikes = BernoulliEncoder().encode(rates[:600], steps=3082, generator=generator)
    assert (BernoulliEncoder().decode(spikes) - rates[:600]).abs().max() < 0.05


def test_independent_steps_only_for_bernoulli(generator):
    rates = torch.full((40_000,), 0.5)
    for encoder, product in ((BernoulliEncoder(), 0.25), (RandomPhaseEncoder(), 0.0)):
        first, second = encoder.encode(rates, steps=2, generator=generator)
        # Rate one half: a sigma-delta train alternates, so neighbours never coincide.
        assert (first * second).mean().item() == pytest.approx(
            product, abs=5 * 0.5 / math.sqrt(4e4)
        )
