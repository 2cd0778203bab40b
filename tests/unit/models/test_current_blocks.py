"""The MLP and the attention of membrane-shortcut blocks, alone."""

import pytest
import torch
from tests.model_examples import generator

from spikedim._core import InputError
from spikedim.models.blocks import CurrentAttention, CurrentMLP
from spikedim.models.cards import Coding
from spikedim.models.layers import ForwardPass, PopulationMaker, ProductOrder
from spikedim.neurons import LIFParameters, SigmoidSurrogate


def maker(coding=Coding.SPIKES):
    return PopulationMaker(coding, LIFParameters.spikingjelly(), SigmoidSurrogate())


def mlp(**options):
    return CurrentMLP(16, make=maker(), **options)


def attention(**options):
    return CurrentAttention(
        16, 2, scale=1.0, order=ProductOrder.KEYS_VALUES, make=maker(), **options
    )


def drawn(module, seed=0):
    """Draw the weights, strong enough for spikes, and name the populations."""
    draw = generator(seed)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, 0.2, 0.6, generator=draw)
    for name, child in module.named_modules():
        if hasattr(child, "name"):
            child.name = name
    return module.eval()


@pytest.mark.parametrize("ratio", [1, 4])
def test_hidden_features_follow_the_ratio(ratio):
    block = drawn(mlp(ratio=ratio))
    context = ForwardPass(3, record=True)
    assert block(torch.ones(3, 2, 5, 16), context).shape == (3, 2, 5, 16)
    assert context.traces["lif2"].spikes.shape == (3, 2, 5, 16 * ratio)


@pytest.mark.parametrize("make", [mlp, attention])
def test_a_block_adds_currents_to_its_input(make):
    block = drawn(make()).double()
    x = 3 * torch.randn(3, 2, 40, 16, generator=generator(1), dtype=torch.float64)
    branch = block(x, ForwardPass(3)) - x
    assert branch.std() > 0.1
    assert (branch % 1).abs().max() > 0.01  # not a sum of spikes
    # It reads spikes only: nothing of an input far below the threshold reaches the branch.
    silent = block(x - 1e3, ForwardPass(3)) - (x - 1e3)
    torch.testing.assert_close(silent, block(0 * x, ForwardPass(3)), rtol=0, atol=1e-9)
    assert not torch.allclose(silent, branch)


@pytest.mark.parametrize("make", [mlp, attention])
def test_training_drops_whole_branches_of_a_sample(make):
    block = drawn(make(drop=0.5)).train()
    x = torch.randn(3, 16, 5, 16, generator=generator(1))
    context = ForwardPass(3, generator=generator(2))
    moved = (block(x, context) - x).abs().amax(dim=(0, 2, 3)) > 0
    assert 0 < moved.sum() < 16
    with pytest.raises(InputError, match=r"^forward: `generator` must be a torch.Generator"):
        block(x, ForwardPass(3))


def test_without_bias():
    assert mlp(bias=False).fc1.bias is None
    assert mlp().fc2.bias is not None


def test_the_twin_reads_clipped_currents():
    twin = drawn(CurrentMLP(16, make=maker(Coding.RATES)))
    x = torch.randn(1, 2, 5, 16, generator=generator(1))
    torch.testing.assert_close(
        twin(x, ForwardPass(1)) - x, twin(x.clamp(0, 1), ForwardPass(1)) - x.clamp(0, 1)
    )
