"""The tensor step against a neuron written down in ten lines of plain Python."""

import itertools

import pytest
import torch

from spikedim.neurons import (
    InputScale,
    LIFParameters,
    Reset,
    SigmaDeltaEncoder,
    init_state,
    lif_run,
    lif_trace,
)


def naive_lif(currents, neuron):
    """Read it beside the equations: one neuron, one number at a time."""
    u, spiked, wait, spikes, membranes = neuron.initial_membrane, 0.0, 0, [], []
    gain = 1.0 if neuron.input_scale is InputScale.ONE else 1.0 - neuron.leak
    for current in currents:
        if wait:
            wait, spike = wait - 1, 0.0
        else:
            if neuron.reset is Reset.SOFT_POST_LEAK:
                u = neuron.leak * u - neuron.threshold * spiked + gain * current
            elif neuron.reset is Reset.SOFT_CARRIED:
                u = neuron.leak * (u - neuron.threshold * spiked) + gain * current
            else:
                u = neuron.leak * (neuron.v_reset if spiked else u) + gain * current
            spike = spiked = 1.0 if u >= neuron.threshold else 0.0
            wait = neuron.refractory_steps if spike else 0
        spikes.append(spike)
        membranes.append(u)
    return spikes, membranes


NEURONS = [
    LIFParameters(
        leak=leak,
        threshold=0.8,
        reset=reset,
        v_reset=-0.3,
        refractory_steps=silent,
        input_scale=scale,
        initial_membrane=0.25,
    )
    for reset, silent, leak, scale in itertools.product(
        Reset, (0, 1, 3), (0.0, 0.37, 0.9, 1.0), InputScale
    )
    if leak < 1 or scale is InputScale.ONE
]


@pytest.mark.parametrize(
    "neuron", NEURONS, ids=lambda n: f"{n.reset}-{n.refractory_steps}-{n.leak}-{n.input_scale}"
)
def test_equals_the_naive_neuron_bit_for_bit(neuron):
    generator = torch.Generator().manual_seed(7)
    currents = 2 * torch.randn(60, 5, generator=generator, dtype=torch.float64) + 0.5
    start = init_state((5,), neuron, dtype=torch.float64)
    trace = lif_trace(currents, start, neuron)
    spikes, state = lif_run(currents, start, neuron)
    for column in range(5):
        want_spikes, want_membranes = naive_lif(currents[:, column].tolist(), neuron)
        assert trace.spikes[:, column].tolist() == want_spikes
        assert trace.membranes[:, column].tolist() == want_membranes
    assert torch.equal(spikes, trace.spikes)
    assert all(torch.equal(a, b) for a, b in zip(state, trace.state, strict=True))
    assert 0 < spikes.mean() < 1, "a comparison of silent neurons proves nothing"


def test_the_spikingjelly_preset_halves_its_input():
    # H = V + (X - V) / 2; dyadic currents, so that every rounding is exact.
    neuron = LIFParameters.spikingjelly()
    generator = torch.Generator().manual_seed(1)
    currents = torch.randint(-64, 256, (12, 40), generator=generator).double() / 64
    trace = lif_trace(currents, init_state((40,), neuron, dtype=torch.float64), neuron)
    v = torch.zeros(40, dtype=torch.float64)
    for current, membrane, spike in zip(currents, trace.membranes, trace.spikes, strict=True):
        h = v + (current - v) / 2
        assert torch.equal(membrane, h)
        assert torch.equal(spike, (h >= 1).double())
        v = torch.where(h >= 1, 0.0, h)
    assert 0.1 < trace.spikes.mean() < 0.9


def test_an_integrator_is_the_sigma_delta_encoder():
    rates = torch.arange(65, dtype=torch.float64) / 64
    neuron = LIFParameters.integrate_and_fire(phase=0.5)
    spikes, _ = lif_run(
        rates.expand(40, -1), init_state((65,), neuron, dtype=torch.float64), neuron
    )
    assert torch.equal(spikes, SigmaDeltaEncoder(phase=0.5).encode(rates, steps=40))
