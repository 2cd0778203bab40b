"""Query-key attention and the embeddings with a skip, alone."""

import pytest
import torch
from tests.model_examples import generator

from spikedim.models.blocks import QKAxis, QueryKeyAttention, SkipEmbedding
from spikedim.models.cards import Coding
from spikedim.models.layers import ForwardPass, PopulationMaker
from spikedim.neurons import LIFParameters, SigmoidSurrogate

T, B, N, D, H = 3, 2, 5, 8, 2


def maker(coding=Coding.SPIKES):
    return PopulationMaker(coding, LIFParameters.spikingjelly(), SigmoidSurrogate())


def named(module):
    for name, child in module.named_modules():
        if hasattr(child, "name"):
            child.name = name
    return module.eval()


def copying(*, axis=QKAxis.TOKEN, gain=2.5):
    """Attention whose queries and keys fire exactly where its input is 1, and whose proj copies."""
    block = QueryKeyAttention(D, H, make=maker(), axis=axis)
    with torch.no_grad():
        for product in (block.q, block.k, block.proj):
            product.weight.copy_(gain * torch.eye(D))
        block.proj.bias.zero_()
    return named(block)


def binary(seed=0, rate=0.4):
    return (torch.rand(T, B, N, D, generator=generator(seed)) < rate).float()


@pytest.mark.parametrize(
    ("axis", "shape"), [(QKAxis.TOKEN, (T, B, N, H)), (QKAxis.CHANNEL, (T, B, 1, D))]
)
def test_the_mask_has_one_neuron_for_each_choice(axis, shape):
    context = ForwardPass(T, record=True)
    assert copying(axis=axis)(binary(), context).shape == (T, B, N, D)
    assert context.traces["attn_lif"].spikes.shape == shape


def test_a_token_passes_in_the_heads_whose_queries_fire():
    block, x = copying(), torch.zeros(T, B, N, D)
    x[:, :, 0, :4] = 1  # token 0: head 0 only
    x[:, 0, 1, 4] = 1  # token 1 of sample 0: one feature of head 1, enough for the half threshold
    context = ForwardPass(T, record=True)
    out = block(x, context)
    mask = context.traces["attn_lif"].spikes
    expected = torch.zeros(T, B, N, H)
    expected[:, :, 0, 0] = 1
    expected[:, 0, 1, 1] = 1
    assert torch.equal(mask, expected)
    assert torch.equal(out, 2 * x)  # keys that pass, and the residual


def test_a_key_stays_behind_where_no_query_fires():
    block, x = copying(), binary()
    with torch.no_grad():
        block.q.weight[4:] = 0  # queries of head 1 are silent
    out = block(x, ForwardPass(T))
    assert torch.equal(out[..., 4:], x[..., 4:])
    assert torch.equal(out[..., :4], 2 * x[..., :4])  # a firing key has a firing query beside it


def test_a_channel_passes_for_all_tokens_alike():
    block = copying(axis=QKAxis.CHANNEL)
    with torch.no_grad():
        block.k.weight.copy_(torch.zeros(D, D))
        block.k.norm.bias.fill_(2.5)  # every key fires
    x = torch.zeros(T, B, N, D)
    x[:, 0, 2, 3] = 1  # one token asks for channel 3
    expected = x.clone()
    expected[:, 0, :, 3] += 1
    assert torch.equal(block(x, ForwardPass(T)), expected)


def test_gradients_reach_queries_through_the_mask():
    block = copying(gain=2.0)
    x = binary().requires_grad_()
    block(x, ForwardPass(T)).sum().backward()
    assert block.q.weight.grad.abs().sum() > 0
    assert block.k.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("axis", QKAxis)
def test_the_twin_has_softmax_in_the_place_of_the_mask(axis):
    block = named(QueryKeyAttention(D, H, make=maker(Coding.RATES), axis=axis))
    with torch.no_grad():
        for product in (block.q, block.k, block.proj):
            torch.nn.init.normal_(product.weight, generator=generator(3))
        block.proj.bias.zero_()
    x = torch.rand(1, B, N, D, generator=generator(4))
    context = ForwardPass(1, record=True)
    block(x, context)
    q, k = (
        context.traces[f"{part}_lif"].spikes[0].reshape(B, N, H, -1).transpose(1, 2)
        for part in "qk"
    )
    mixed = torch.softmax(q @ k.mT / (D / H) ** 0.5, dim=-1) @ k
    got = context.traces["attn_lif"]
    torch.testing.assert_close(got.spikes[0], mixed.transpose(1, 2).flatten(-2))
    torch.testing.assert_close(got.spikes, got.membranes)  # averages of rates need no clipping


@pytest.mark.parametrize(
    ("pools", "skipped", "side", "stride"),
    [
        ((False, False), 1, 16, 1),
        ((True, True, False), 2, 4, 2),
        ((False, True, True, True), 2, 2, 4),
        ((False, True), 2, 8, 2),
    ],
)
def test_an_embedding_adds_two_spikes_of_maps_of_one_size(pools, skipped, side, stride):
    widths = (3, *(8 for _ in pools))
    block = SkipEmbedding(widths, pools=pools, skipped=skipped, make=maker())
    with torch.no_grad():
        for parameter in block.parameters():
            torch.nn.init.normal_(parameter, 0.3, 0.5, generator=generator(1))
    x = torch.randn(1, B, 16, 16, 3, generator=generator(2))
    out = named(block)(x, ForwardPass(T))
    assert out.shape == (T, B, side, side, 8)
    assert set(out.unique().tolist()) == {0.0, 1.0, 2.0}
    assert block.skip.stride == stride


def test_convolutions_are_counted_from_the_first_number():
    block = SkipEmbedding((4, 8, 8), pools=(True, False), skipped=2, make=maker(), first=1)
    names = [name for name, _ in block.named_children()]
    assert names == ["conv1", "lif1", "conv2", "lif2", "skip", "skip_lif"]
