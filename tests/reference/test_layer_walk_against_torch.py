"""The arithmetic of a layer walk against torch modules on the meta device."""

import itertools

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from spikedim.models import card
from spikedim.models.cards._walk import LayerWalk


def counted(module, *shape):
    """Parameters and MACs of a module for one input."""
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        module(torch.empty(shape))
    return sum(p.numel() for p in module.parameters()), counter.get_total_flops() // 2


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "side"), [(3, 1, 8), (3, 2, 8), (1, 1, 5), (7, 2, 14)]
)
def test_convolution(kernel, stride, side, bias, groups):
    with torch.device("meta"):
        conv = nn.Conv2d(8, 12, kernel, stride, kernel // 2, groups=groups, bias=bias)
        module = nn.Sequential(conv, nn.BatchNorm2d(12)).eval()
    walk = LayerWalk()
    out = -(-side // stride)
    walk.conv("c", 8, 12, kernel=kernel, side=out, groups=groups, bias=bias)
    (row,) = walk.rows
    assert (row.parameters, row.macs) == counted(module, 1, 8, side, side)
    assert row.norm_parameters == 24


def test_product_over_tokens():
    with torch.device("meta"):
        module = nn.Sequential(nn.Linear(6, 10))
    walk = LayerWalk()
    walk.linear("p", 6, 10, tokens=7, bias=True, norm=0)
    assert (walk.rows[0].parameters, walk.rows[0].macs) == counted(module, 1, 7, 6)


class Stem(nn.Module):
    """The five convolutions of the CIFAR stem, neurons left out."""

    def __init__(self, channels, d, pools):
        super().__init__()
        widths = [channels, d // 8, d // 4, d // 2, d, d]
        self.layers = nn.Sequential()
        for index, (a, b) in enumerate(itertools.pairwise(widths)):
            self.layers.append(nn.Conv2d(a, b, 3, 1, 1, bias=False))
            self.layers.append(nn.BatchNorm2d(b))
            if index < 4 and pools[index]:
                self.layers.append(nn.MaxPool2d(3, 2, 1))

    def forward(self, x):
        return self.layers(x)


@pytest.mark.parametrize(
    ("name", "pools"),
    [
        ("spikformer-2-64/digits", (0, 0, 0, 1)),
        ("spikformer-2-64/mnist", (0, 0, 1, 1)),
        ("spikformer-2-128/cifar10", (0, 0, 1, 1)),
        ("spikformer-8-384/imagenet", (1, 1, 1, 1)),
    ],
)
def test_spikformer_stem_and_its_tokens(name, pools):
    found = card(name)
    with torch.device("meta"):
        stem = Stem(found.input_shape[0], found.width, pools).eval()
        out = stem(torch.empty(1, *found.input_shape))
    assert out.shape[-1] * out.shape[-2] == found.tokens
    rows = [row for row in found.layers if row.name.startswith("stem.")]
    got = sum(row.parameters for row in rows), sum(row.macs for row in rows)
    assert got == counted(stem, 1, *found.input_shape)
