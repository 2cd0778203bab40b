"""The group-wise MLP against loops over groups and pixels."""

import numpy as np
import torch
from tests.model_examples import generator
from tests.unit.models.test_dual_spike_attention import fire, normalised

from spikedim.models.blocks import Downsampling, GroupwiseMLP
from spikedim.models.cards import Coding
from spikedim.models.layers import AbstractProduct, ForwardPass, PopulationMaker
from spikedim.neurons import ATanSurrogate, LIFParameters

MAKE = PopulationMaker(Coding.SPIKES, LIFParameters.spikingjelly(), ATanSurrogate())
STEPS, BATCH, SIDE, D, GROUP = 3, 2, 4, 4, 8


def lively(block):
    """Return the block in evaluation mode with drawn weights and statistics."""
    draw = generator()
    with torch.no_grad():
        for product in block.modules():
            if isinstance(product, AbstractProduct):
                product.weight.normal_(0.0, 0.6, generator=draw)
                product.norm.weight.uniform_(0.5, 2.0, generator=draw)
                product.norm.bias.normal_(0.2, 0.5, generator=draw)
                product.norm.running_mean.normal_(0.0, 0.5, generator=draw)
                product.norm.running_var.uniform_(0.5, 2.0, generator=draw)
    return block.double().eval()


def currents(d=D):
    shape = (STEPS, BATCH, SIDE, SIDE, d)
    return 2 * torch.randn(shape, generator=generator(1), dtype=torch.float64)


def convolved(x, product, *, stride=1, groups=1):
    """Normalised 3 x 3 convolution with zeros around the map, group by group."""
    weight = product.weight.detach().numpy()
    d_out, c_in = weight.shape[:2]
    share = d_out // groups
    side = x.shape[2] // stride
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)))
    y = np.zeros((*x.shape[:2], side, side, d_out))
    for g in range(groups):
        own = slice(share * g, share * (g + 1))
        for i in range(side):
            for j in range(side):
                for a in range(3):
                    for b in range(3):
                        pixel = padded[:, :, i * stride + a, j * stride + b]
                        part = pixel[..., c_in * g : c_in * (g + 1)]
                        y[:, :, i, j, own] += part @ weight[own, :, a, b].T
    return normalised(y, product.norm)


def test_equals_loops_over_groups_and_pixels():
    block, x = lively(GroupwiseMLP(D, group=GROUP, make=MAKE)), currents()
    wide = normalised(fire(x.numpy()) @ block.up.weight.detach().numpy().T, block.up.norm)
    wide = wide + convolved(fire(wide), block.group, groups=4 * D // GROUP)
    down = fire(wide) @ block.down.weight.detach().numpy().T
    expected = x.numpy() + normalised(down, block.down.norm)
    got = block(x, ForwardPass(STEPS))
    torch.testing.assert_close(got, torch.from_numpy(expected), rtol=1e-9, atol=1e-9)


def test_groups_do_not_see_each_other():
    block = lively(GroupwiseMLP(D, group=GROUP, make=MAKE))
    spikes = torch.zeros(1, 1, SIDE, SIDE, 4 * D, dtype=torch.float64)
    spikes[..., :GROUP] = 1
    silent = block.group(torch.zeros_like(spikes), ForwardPass(1))
    changed = (block.group(spikes, ForwardPass(1)) != silent).flatten(0, 3).any(0)
    assert changed.tolist() == [True] * GROUP + [False] * (4 * D - GROUP)


def test_a_dropped_branch_leaves_the_input():
    block, x = lively(GroupwiseMLP(D, group=GROUP, make=MAKE, drop=0.5)).train(), currents()
    out = block(x, ForwardPass(STEPS, generator=generator(2)))
    draws = torch.rand(BATCH, generator=generator(2))
    assert [torch.equal(out[:, s], x[:, s]) for s in range(BATCH)] == (draws < 0.5).tolist()


def test_downsampling_convolves_every_second_pixel_of_the_spikes():
    block, x = lively(Downsampling(D, 6, make=MAKE)), currents()
    expected = convolved(fire(x.numpy()), block.conv, stride=2)
    got = block(x, ForwardPass(STEPS))
    torch.testing.assert_close(got, torch.from_numpy(expected), rtol=1e-9, atol=1e-9)
