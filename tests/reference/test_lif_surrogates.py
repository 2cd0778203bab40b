"""Surrogate gradients against the slope of the smooth function they stand for."""

import math

import pytest
import torch

from spikedim.neurons import (
    ATanSurrogate,
    GaussianSurrogate,
    LIFParameters,
    PiecewiseLinearSurrogate,
    SigmoidSurrogate,
    init_state,
    lif_run,
)


def triangle_step(x):
    """Return the integral of max(0, 1 - |x|)."""
    y = x.clamp(-1, 1)
    return 0.5 + y - y * y.abs() / 2


SMOOTH = [
    (SigmoidSurrogate, torch.sigmoid),
    (ATanSurrogate, lambda x: torch.atan(math.pi / 2 * x) / math.pi + 0.5),
    (GaussianSurrogate, torch.special.ndtr),
    (PiecewiseLinearSurrogate, triangle_step),
]


@pytest.mark.parametrize("slope", [0.5, 1.0, 4.0])
@pytest.mark.parametrize(("surrogate", "smooth"), SMOOTH)
def test_derivative_is_the_finite_difference_of_the_smooth_step(surrogate, smooth, slope):
    x = torch.linspace(-2.03, 2.01, 301, dtype=torch.float64)
    h = 1e-5
    want = (smooth(slope * (x + h)) - smooth(slope * (x - h))) / (2 * h)
    # Away from the kinks of the triangle the error of a central difference is O(h^2).
    torch.testing.assert_close(surrogate(slope).derivative(x), want, rtol=0, atol=3e-5)


@pytest.mark.parametrize("slope", [1.0, 4.0])
@pytest.mark.parametrize(("surrogate", "smooth"), SMOOTH)
def test_backward_multiplies_by_that_derivative_and_nothing_else(surrogate, smooth, slope):
    x = torch.linspace(-1, 1, 41, dtype=torch.float64, requires_grad=True)
    weight = torch.arange(41, dtype=torch.float64)
    spikes = surrogate(slope)(x)
    assert torch.equal(spikes, (x >= 0).double())
    (spikes * weight).sum().backward()
    assert torch.equal(x.grad, weight * surrogate(slope).derivative(x.detach()))


def hand_gradient(currents, neuron, surrogate, detach):
    """Return d(sum of spikes) / d currents of a soft post-leak neuron by the chain rule."""
    u, s, trace = neuron.initial_membrane, 0.0, []
    for current in currents:
        u = neuron.leak * u - neuron.threshold * s + current
        s = float(u >= neuron.threshold)
        trace.append(
            surrogate.derivative(torch.tensor(u - neuron.threshold, dtype=torch.float64)).item()
        )
    gradients, later = [], 0.0
    for slope in reversed(trace):
        through_reset = 0.0 if detach else -neuron.threshold * later
        later = slope * (1 + through_reset) + neuron.leak * later
        gradients.append(later)
    return gradients[::-1]


@pytest.mark.parametrize("detach", [True, False])
@pytest.mark.parametrize("leak", [0.5, 1.0])
def test_backpropagation_through_time_by_hand(detach, leak, generator):
    neuron = LIFParameters(leak=leak, detach_reset=detach)
    surrogate = ATanSurrogate()
    currents = torch.randn(9, 1, generator=generator, dtype=torch.float64, requires_grad=True)
    spikes, _ = lif_run(
        currents, init_state((1,), neuron, dtype=torch.float64), neuron, surrogate=surrogate
    )
    spikes.sum().backward()
    want = hand_gradient(currents.detach()[:, 0].tolist(), neuron, surrogate, detach)
    assert currents.grad[:, 0].tolist() == pytest.approx(want, rel=1e-12)
