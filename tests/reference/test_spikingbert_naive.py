"""SpikingBERT against its description, written down step by step and layer by layer."""

import math

import torch
from tests.model_examples import generator, live_model

STEPS, HEADS, TOKENS = 7, 2, 6


class Neurons:
    """u += current; fire at 1; subtract the threshold of what fired; leak 1."""

    def __init__(self):
        self.u = 0.0

    def __call__(self, current):
        self.u = self.u + current
        spikes = (self.u >= 1).double()
        self.u = 1.0 * (self.u - spikes)
        return spikes


def layer_norm(x, weight, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    return centred / torch.sqrt(variance + epsilon) * weight + bias


def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def attention(q, k, v):
    """Attend by head in one sentence of N tokens without padding."""
    out, width = [], q.shape[-1] // HEADS
    for head in range(HEADS):
        part = slice(head * width, (head + 1) * width)
        scores = q[:, part] @ k[:, part].T / math.sqrt(width)
        weights = torch.exp(scores - scores.amax(1, keepdim=True))
        out.append(weights / weights.sum(1, keepdim=True) @ v[:, part])
    return torch.cat(out, dim=1)


def naive_logits(weights, ids, depth):
    """Return logits of the average spiking rate of the first token of one sentence."""

    def linear(name, x):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name, x, epsilon=1e-2):
        return layer_norm(x, weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)

    neurons = {}

    def fire(name, current):
        return neurons.setdefault(name, Neurons())(current)

    tables = (
        weights["embedding.words.weight"][ids]
        + weights["embedding.positions.weight"][: len(ids)]
        + weights["embedding.segments.weight"][0]
    )
    current = norm("embedding.norm", tables, 1e-12)
    fired, first = {}, 0.0
    for _ in range(STEPS):
        s = fire("embedding_lif", current)
        for index in range(depth):
            attn, mlp = f"encoder.{index}.attn", f"encoder.{index}.mlp"
            k = fire(f"{attn}.k_lif", linear(f"{attn}.k", s))
            v = fire(f"{attn}.v_lif", linear(f"{attn}.v", s))
            mixed = fire(f"{attn}.attn_lif", attention(linear(f"{attn}.q", s), k, v))
            out = norm(f"{attn}.output.norm", linear(f"{attn}.output.linear", mixed) + s)
            s = fire(f"{attn}.output_lif", out)
            hidden = fire(f"{mlp}.intermediate_lif", gelu(linear(f"{mlp}.intermediate", s)))
            out = norm(f"{mlp}.output.norm", linear(f"{mlp}.output.linear", hidden) + s)
            s = fire(f"{mlp}.output_lif", out)
            fired.setdefault(index, []).append(s)
        first = first + s[0]
    return linear("head", torch.relu(first / STEPS)), fired


def test_spikes_and_logits_equal_the_description():
    model = live_model(
        "spikingbert-2-64/movie-reviews", vocabulary=30, tokens=2 * TOKENS, width=16, heads=HEADS
    )
    weights = dict(model.named_parameters())
    x = torch.randint(1, 30, (3, TOKENS), generator=generator(4))
    padded = torch.nn.functional.pad(x, (0, 4))  # the description has no padding
    trace = model.forward_with_states(padded, steps=STEPS)
    logits = model(padded, steps=STEPS)
    for sample in range(3):
        expected, fired = naive_logits(weights, x[sample], model.card.depth)
        for index, steps in fired.items():
            got = trace.populations[f"encoder.{index}.mlp.output_lif"].spikes[:, sample, :TOKENS]
            assert torch.equal(got, torch.stack(steps))
            assert 0.02 < got.mean() < 0.98
        torch.testing.assert_close(logits[sample], expected, rtol=1e-9, atol=1e-12)
