"""The re-parameterised convolution: its border, its dense form, its gradients."""

import copy

import pytest
import torch
from tests.model_examples import generator
from torch import nn

from spikedim.models.blocks import RepConv
from spikedim.models.layers import ForwardPass, normalise


def rep_conv(width=6, *, dtype=torch.float64, seed=0):
    """One with every weight, gain, shift and statistic drawn."""
    module, draw = RepConv(width).to(dtype), generator(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw))
        for norm in (m for m in module.modules() if isinstance(m, nn.BatchNorm1d)):
            norm.running_mean.copy_(torch.randn(width, generator=draw))
            norm.running_var.copy_(0.5 + torch.rand(width, generator=draw))
    return module.eval()


def maps(width=6, *, side=5, dtype=torch.float64, seed=1):
    x = torch.rand(2, 3, side, side, width, generator=generator(seed))
    return (x < 0.3).to(dtype)


def near(got, want, tolerance):
    """Largest difference over the largest wanted value."""
    assert ((got - want).abs().max() / want.abs().max()).item() <= tolerance


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("side", [1, 2, 5])
def test_equals_one_dense_convolution_borders_included(dtype, tolerance, side):
    module, x = rep_conv(dtype=dtype), maps(side=side, dtype=dtype)
    context = ForwardPass(2)
    with torch.no_grad():
        want = module(x, context)
        for form in (module.dense(), module.fused()):
            near(form.eval()(x, context), want, tolerance)
        border = want[:, :, 0]  # by itself: it must not hide behind the inside
        near(module.fused()(x, context)[:, :, 0], border, tolerance)


def test_a_border_of_zeros_would_be_wrong():
    module, x = rep_conv(), maps()
    context = ForwardPass(2)
    with torch.no_grad():
        want = module(x, context)
        inner = module.conv1(x, context)
        zeros = nn.functional.pad(inner, (0, 0, 1, 1, 1, 1))
        middle = module.conv2(module.depthwise(zeros, context), context)
        wrong = normalise(middle, module.norm, steps=2)
    assert torch.equal(wrong[:, :, 1:-1, 1:-1], want[:, :, 1:-1, 1:-1])
    assert ((wrong - want)[:, :, 0].abs() > 1e-3).any()


def test_pads_with_what_the_first_norm_makes_of_zero():
    """In evaluation mode: as if the map had been padded with zeros in front of everything."""
    module, x = rep_conv(), maps()
    context = ForwardPass(2)
    with torch.no_grad():
        padded = nn.functional.pad(x, (0, 0, 1, 1, 1, 1))
        inner = module.depthwise(module.conv1(padded, context), context)
        want = normalise(module.conv2(inner, context), module.norm, steps=2)
        torch.testing.assert_close(module(x, context), want, rtol=1e-12, atol=1e-12)


def test_sizes_of_both_forms():
    d = 6
    module = RepConv(d)
    sizes = [sum(p.numel() for p in m.parameters()) for m in (module, module.dense())]
    assert sizes == [2 * d * d + 9 * d + 6 * d, 9 * d * d + d + 2 * d]
    assert sum(p.numel() for p in module.fused().parameters()) == 9 * d * d + d
    assert module.dense().norm is module.norm
    assert module.fused().norm is None


def test_folding_changes_nothing_of_the_module():
    module = rep_conv()
    before = copy.deepcopy(module.state_dict())
    module.fused()
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_training_learns_the_statistics_of_the_map_without_its_border():
    module, x = rep_conv().train(), maps()
    with torch.no_grad():
        for norm in (m for m in module.modules() if isinstance(m, nn.BatchNorm1d)):
            norm.reset_running_stats()
        inner = module.conv1.product(x).reshape(-1, 6)
        module(x, ForwardPass(2))
    got = module.conv1.norm.running_mean
    torch.testing.assert_close(got, 0.1 * inner.mean(0), rtol=1e-12, atol=1e-12)


def test_gradients_of_two_passes_and_of_the_border():
    """Statistics move in place between the passes, which the first one's gradient must survive."""
    module, x = rep_conv().train(), maps(side=1)
    first = module(x, ForwardPass(2)).square().sum()
    second = module(1 - x, ForwardPass(2)).square().sum()
    (first + second).backward()
    missing = [name for name, p in module.named_parameters() if p.grad is None]
    assert missing == []


def test_gradient_of_the_border_is_the_numeric_one():
    module, x = rep_conv(width=2), maps(width=2, side=2)
    shift = module.conv1.norm.bias

    def total():
        return module(x, ForwardPass(2)).pow(3).sum()

    (got,) = torch.autograd.grad(total(), shift)
    want = []
    with torch.no_grad():
        for index in range(2):
            ends = []
            for step in (1e-5, -1e-5):
                shift[index] += step
                ends.append(total())
                shift[index] -= step
            want.append((ends[0] - ends[1]) / 2e-5)
    torch.testing.assert_close(got, torch.stack(want), rtol=1e-6, atol=1e-6)
