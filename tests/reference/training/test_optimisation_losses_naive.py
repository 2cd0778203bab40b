"""Losses beside loops over steps and samples."""

import math

import pytest
import torch
from torch.nn import functional

from spikedim.training.optimisation import loss_sum
from spikedim.training.recipes import LossKind, Objective


def naive_cross_entropy(logits, shares):
    log_partition = math.log(sum(math.exp(value) for value in logits))
    return -sum(
        share * (value - log_partition) for share, value in zip(shares, logits, strict=True)
    )


def naive_shares(target, classes, smoothing):
    shares = target.tolist() if target.ndim else [float(k == target) for k in range(classes)]
    return [(1 - smoothing) * share + smoothing / classes for share in shares]


def naive_loss(outputs, targets, objective):
    """Sum over samples of the loss of one sample at a time."""
    steps, samples, classes = outputs.shape
    total = 0.0
    for b in range(samples):
        shares = naive_shares(targets[b], classes, objective.label_smoothing)
        if objective.kind is LossKind.CROSS_ENTROPY:
            total += naive_cross_entropy(outputs[:, b].mean(0).tolist(), shares)
            continue
        entropy = sum(naive_cross_entropy(outputs[t, b].tolist(), shares) for t in range(steps))
        distance = sum((v - objective.level) ** 2 for v in outputs[:, b].flatten().tolist())
        total += (1 - objective.regular) * entropy / steps
        total += objective.regular * distance / (steps * classes)
    return total


@pytest.fixture
def outputs(generator):
    return 3 * torch.randn(4, 6, 5, generator=generator, dtype=torch.float64)


@pytest.fixture(params=["classes", "shares"])
def targets(request, generator):
    if request.param == "classes":
        return torch.randint(5, (6,), generator=generator)
    return torch.rand(6, 5, generator=generator, dtype=torch.float64).softmax(-1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("regular", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("kind", list(LossKind))
def test_matches_a_loop(outputs, targets, kind, regular, smoothing):
    objective = Objective(kind=kind, label_smoothing=smoothing, regular=regular, level=0.7)
    total, count = loss_sum(outputs, targets, objective)
    assert total.item() == pytest.approx(naive_loss(outputs, targets, objective), rel=1e-12)
    assert count.item() == 6
    single = loss_sum(outputs.float(), targets, objective).total
    torch.testing.assert_close(single, total.float(), rtol=1e-5, atol=1e-5)


def test_the_mean_is_that_of_torch(outputs, generator):
    targets = torch.randint(5, (6,), generator=generator)
    total, count = loss_sum(outputs, targets, Objective(label_smoothing=0.1))
    want = functional.cross_entropy(outputs.mean(0), targets, label_smoothing=0.1)
    torch.testing.assert_close(total / count, want)


@pytest.mark.parametrize("kind", list(LossKind))
def test_tokens_are_samples(outputs, kind, generator):
    targets = torch.randint(5, (6,), generator=generator)
    objective = Objective(kind=kind)
    want = loss_sum(outputs, targets, objective)
    got = loss_sum(outputs.view(4, 2, 3, 5), targets.view(2, 3), objective)
    torch.testing.assert_close(got.total, want.total)
    assert got.count.item() == 6


@pytest.mark.parametrize("kind", list(LossKind))
def test_gradient_is_that_of_the_loss(outputs, kind, generator):
    targets = torch.randint(5, (6,), generator=generator)
    objective = Objective(kind=kind)
    assert torch.autograd.gradcheck(
        lambda x: loss_sum(x, targets, objective).total, outputs.requires_grad_()
    )
