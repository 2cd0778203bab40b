"""Fused optimisers beside their equations."""

import pytest
import torch
from torch import nn

from spikedim.training.optimisation import build_optimiser
from spikedim.training.recipes import Optimiser, OptimiserKind


def plain_adamw(weight, gradients, *, decay, optimiser):
    """Algorithm 2 of Loshchilov and Hutter, one number at a time rate."""
    mean, square = torch.zeros_like(weight), torch.zeros_like(weight)
    b1, b2 = optimiser.beta1, optimiser.beta2
    for step, gradient in enumerate(gradients, start=1):
        mean = b1 * mean + (1 - b1) * gradient
        square = b2 * square + (1 - b2) * gradient**2
        change = (mean / (1 - b1**step)) / ((square / (1 - b2**step)).sqrt() + optimiser.epsilon)
        weight = weight - optimiser.learning_rate * (change + decay * weight)
    return weight


def plain_sgd(weight, gradients, *, decay, optimiser):
    """Momentum without damping; the decay is a part of the gradient."""
    velocity = torch.zeros_like(weight)
    for gradient in gradients:
        velocity = optimiser.beta1 * velocity + gradient + decay * weight
        weight = weight - optimiser.learning_rate * velocity
    return weight


@pytest.mark.parametrize(
    ("kind", "plain"), [(OptimiserKind.ADAMW, plain_adamw), (OptimiserKind.SGD, plain_sgd)]
)
def test_matches_the_equations(kind, plain, generator):
    optimiser = Optimiser(
        kind=kind, learning_rate=0.02, weight_decay=0.3, beta1=0.8, beta2=0.95, epsilon=1e-3
    )
    model = nn.Linear(7, 5, dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    start = [parameter.detach().clone() for parameter in model.parameters()]
    gradients = [torch.randn(15, *p.shape, generator=generator, dtype=torch.float64) for p in start]
    moved = build_optimiser(optimiser, model)
    for step in range(15):
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = gradient[step].clone()
        moved.step()
    for parameter, first, gradient, decay in zip(
        model.parameters(), start, gradients, (0.3, 0.0), strict=True
    ):
        want = plain(first, gradient, decay=decay, optimiser=optimiser)
        torch.testing.assert_close(parameter.detach(), want, rtol=1e-10, atol=1e-12)
