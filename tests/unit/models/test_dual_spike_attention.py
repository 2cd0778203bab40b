"""Dual spike self-attention against loops over steps, samples, heads, tokens and patches."""

import numpy as np
import pytest
import torch
from tests.model_examples import generator

from spikedim.models.blocks import DualSpikeAttention
from spikedim.models.cards import Coding
from spikedim.models.layers import ForwardPass, PopulationMaker
from spikedim.neurons import ATanSurrogate, LIFParameters

STEPS, BATCH, HEIGHT, WIDTH, D, HEADS = 3, 2, 4, 6, 6, 3
RATES = {"map": (0.1, 0.2, 0.4), "mix": (0.3, 0.05, 0.15)}


def attention(coding=Coding.SPIKES, *, patch=2, seed=0):
    """Attention in evaluation mode whose weights, statistics and rates are all unlike."""
    make = PopulationMaker(coding, LIFParameters.spikingjelly(), ATanSurrogate())
    block = DualSpikeAttention(D, HEADS, patch=patch, make=make).double().eval()
    draw = generator(seed)
    with torch.no_grad():
        for product in (block.patch, block.proj):
            product.weight.normal_(0.0, 0.5, generator=draw)
            product.norm.weight.uniform_(0.5, 2.0, generator=draw)
            product.norm.bias.normal_(0.2, 0.5, generator=draw)
            product.norm.running_mean.normal_(0.0, 0.5, generator=draw)
            product.norm.running_var.uniform_(0.5, 2.0, generator=draw)
        if coding is Coding.SPIKES:
            for name, rates in RATES.items():
                rate = getattr(block, name).rate.running_rate
                rate.copy_(torch.tensor(rates).reshape(rate.shape))
    for name in ("lif", "attn_lif", "out_lif"):
        getattr(block, name).name = name
    return block


def currents(seed=1):
    shape = (STEPS, BATCH, HEIGHT, WIDTH, D)
    return 2 * torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def fire(drive):
    """Spikes of neurons over the first axis: half of the input comes in, half is kept."""
    membrane, spikes = np.zeros(drive.shape[1:]), np.zeros(drive.shape)
    for t, current in enumerate(drive):
        membrane = membrane + (current - membrane) / 2
        spikes[t] = membrane >= 1
        membrane = np.where(spikes[t] == 1, 0.0, membrane)
    return spikes


def normalised(y, norm):
    mean, var = norm.running_mean.numpy(), norm.running_var.numpy()
    gain, shift = norm.weight.detach().numpy(), norm.bias.detach().numpy()
    return (y - mean) / np.sqrt(var + norm.eps) * gain + shift


def convolved(x, block, patch):
    """Normalised patch convolution [T, B, patches, 2 D] of maps."""
    weight = block.patch.weight.detach().numpy()
    rows, columns = HEIGHT // patch, WIDTH // patch
    y = np.zeros((*x.shape[:2], rows * columns, 2 * D))
    for i in range(rows):
        for j in range(columns):
            for a in range(patch):
                for b in range(patch):
                    pixel = x[:, :, i * patch + a, j * patch + b]
                    y[:, :, i * columns + j] += pixel @ weight[:, :, a, b].T
    return normalised(y, block.patch.norm)


def by_loops(block, x, patch, *, map_of, mix_of, activity):
    """The block with every head, step and sample by itself; also the map [T, B, N, H M]."""
    d = D // HEADS
    inputs = activity(x.numpy())
    y = convolved(inputs, block, patch)
    inputs = inputs.reshape(*inputs.shape[:2], -1, D)
    steps, batch, tokens, _ = inputs.shape
    patches = y.shape[2]
    drive = np.zeros((steps, batch, tokens, HEADS * patches))
    for h in range(HEADS):
        for t in range(steps):
            for s in range(batch):
                keys = y[t, s, :, 2 * d * h : 2 * d * h + d]  # of the head's 2 d channels the first
                queries = inputs[t, s, :, d * h : d * (h + 1)]
                drive[t, s, :, patches * h : patches * (h + 1)] = map_of(queries, keys, h)
    weights = activity(drive)
    mixed = np.zeros((steps, batch, tokens, D))
    for h in range(HEADS):
        for t in range(steps):
            for s in range(batch):
                values = y[t, s, :, 2 * d * h + d : 2 * d * (h + 1)]
                part = weights[t, s, :, patches * h : patches * (h + 1)]
                mixed[t, s, :, d * h : d * (h + 1)] = mix_of(part, values, h)
    out = activity(mixed) @ block.proj.weight.detach().numpy().T
    return x.numpy() + normalised(out, block.proj.norm).reshape(x.shape), weights


@pytest.mark.parametrize("patch", [1, 2])
def test_equals_loops_over_heads_steps_and_samples(patch):
    block, x, d = attention(patch=patch), currents(), D // HEADS
    patches = HEIGHT * WIDTH // patch**2

    def map_of(queries, keys, h):
        scale = (RATES["map"][h] * d) ** -0.5
        return np.array([[scale * sum(q * k) for k in keys] for q in queries])

    def mix_of(weights, values, h):
        scale = (RATES["mix"][h] * patches) ** -0.5
        return scale * np.array(
            [sum(row[m] * values[m] for m in range(patches)) for row in weights]
        )

    expected, weights = by_loops(block, x, patch, map_of=map_of, mix_of=mix_of, activity=fire)
    context = ForwardPass(STEPS, record=True)
    got = block(x, context)
    torch.testing.assert_close(got, torch.from_numpy(expected), rtol=1e-9, atol=1e-9)
    assert torch.equal(context.traces["attn_lif"].spikes, torch.from_numpy(weights))
    assert 0.01 < weights.mean() < 0.9


def test_the_twin_attends_by_softmax_with_tokens_as_queries_and_patches_as_keys():
    block, x, d = attention(Coding.RATES), currents()[:1], D // HEADS

    def map_of(queries, keys, _):
        logits = queries @ keys.T / np.sqrt(d)
        return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)

    expected, _ = by_loops(
        block,
        x,
        2,
        map_of=map_of,
        mix_of=lambda weights, values, _: weights @ values,
        activity=lambda drive: np.clip(drive, 0, 1),
    )
    context = ForwardPass(1, record=True)
    torch.testing.assert_close(block(x, context), torch.from_numpy(expected), rtol=1e-9, atol=1e-9)
    weights = context.traces["attn_lif"].spikes.reshape(1, BATCH, HEIGHT * WIDTH, HEADS, -1)
    torch.testing.assert_close(
        weights.sum(-1), torch.ones(weights.shape[:-1], dtype=torch.float64), rtol=1e-12, atol=0
    )


def test_training_remembers_the_rates_of_input_and_map():
    block, x = attention().train(), currents()
    block.map.rate.reset_running_stats()
    block.mix.rate.reset_running_stats()
    context = ForwardPass(STEPS, record=True)
    block(x, context)
    for name, population in (("map", "lif"), ("mix", "attn_lif")):
        by_head = context.traces[population].spikes.unflatten(-1, (HEADS, -1)).mean((0, 1, 2, 4))
        rate = getattr(block, name).rate.running_rate.flatten()
        torch.testing.assert_close(rate, by_head, rtol=1e-12, atol=0)
        assert (rate > 0).all()


def test_attention_without_known_rates_is_alive():
    block, x = attention(), currents()
    for product in (block.map, block.mix):
        product.rate.reset_running_stats()
    context = ForwardPass(STEPS, record=True)
    out = block(x, context)
    assert torch.isfinite(out).all()
    for trace in context.traces.values():
        assert torch.isfinite(trace.membranes).all()
        assert trace.spikes.any()


def test_silence_gives_silence_and_no_nan_even_in_training():
    block = attention().train()
    for product in (block.map, block.mix):
        product.rate.reset_running_stats()
    x = torch.zeros(STEPS, BATCH, HEIGHT, WIDTH, D, dtype=torch.float64, requires_grad=True)
    out = block(x, ForwardPass(STEPS))
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert all(torch.isfinite(p.grad).all() for p in block.parameters())
    assert torch.isfinite(x.grad).all()


def test_a_dropped_branch_leaves_the_input():
    block, x = attention().train(), currents()
    block.drop = 0.5
    out = block(x, ForwardPass(STEPS, generator=generator(2)))
    dropped = [torch.equal(out[:, s], x[:, s]) for s in range(BATCH)]
    draws = torch.rand(BATCH, generator=generator(2))
    assert dropped == (draws < 0.5).tolist()
