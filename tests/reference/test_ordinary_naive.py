"""Blocks of ordinary networks against their description, written out sample by sample."""

import math

import pytest
import torch
from tests.model_examples import generator, inputs, live_model
from torch.nn import functional

from spikedim.models.layers import ForwardPass

HEADS = 2


def close(got, want):
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)


def drawn(*shape):
    """Signed tokens, as residuals of an ordinary network carry them."""
    return torch.randn(shape, generator=generator(4), dtype=torch.float64)


def relu(x):
    return torch.where(x > 0, x, torch.zeros_like(x))


class Written:
    """Products of a block by name, read from its state dict."""

    def __init__(self, block):
        self.state = block.state_dict()

    def norm(self, name, y):
        mean, variance = (self.state[f"{name}.running_{part}"] for part in ("mean", "var"))
        gain, shift = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        return (y - mean) / torch.sqrt(variance + 1e-5) * gain + shift

    def __call__(self, name, x):
        y = torch.einsum("...i,oi->...o", x, self.state[f"{name}.weight"])
        return self.norm(f"{name}.norm", y + self.state.get(f"{name}.bias", 0.0))

    def conv(self, name, x, **options):
        """Convolution and normalisation of maps [B, H, W, D]."""
        y = functional.conv2d(x.permute(0, 3, 1, 2), self.state[f"{name}.weight"], **options)
        return self.norm(f"{name}.norm", y.permute(0, 2, 3, 1))


def attention(q, k, v, heads=HEADS):
    """Attend by head and query: weights exp(q k / sqrt(d)) over their sum, on the values."""
    out, d = torch.zeros_like(q), q.shape[-1] // heads
    for sample in range(len(q)):
        for head in range(heads):
            own = slice(head * d, (head + 1) * d)
            for row in range(q.shape[1]):
                scores = [float(q[sample, row, own] @ key) for key in k[sample, :, own]]
                weights = [math.exp(score / math.sqrt(d)) for score in scores]
                for weight, value in zip(weights, v[sample, :, own], strict=True):
                    out[sample, row, own] += weight / sum(weights) * value
    return out


def mlp_in_front(written, x):
    """Rectifiers in front of each product, a residual of currents."""
    return x + written("mlp.fc2", relu(written("mlp.fc1", relu(x))))


def mlp_behind(written, x):
    """Rectifiers behind each product, also in front of the residual."""
    return x + relu(written("mlp.fc2", relu(written("mlp.fc1", x))))


def spikformer(written, x):
    q, k, v = (written(f"attn.{part}", x) for part in "qkv")
    return mlp_behind(written, x + relu(written("attn.proj", attention(q, k, v))))


def query_key(written, x):
    q, k = (written(f"attn.{part}", x) for part in "qk")
    return mlp_behind(written, x + relu(written("attn.proj", attention(q, k, k))))


def spikingformer(written, x):
    q, k, v = (written(f"attn.{part}", relu(x)) for part in "qkv")
    return mlp_in_front(written, x + written("attn.proj", attention(q, k, v)))


def spike_driven(written, x):
    return spikingformer(written, x.flatten(1, 2)).reshape(x.shape)


def dual(written, x):
    """Attend to convolved patches: a head owns neighbouring channels, keys before values."""
    spikes, width, heads = relu(x), x.shape[-1], x.shape[-1] // 16
    patches = written.conv("attn.patch", spikes, stride=2).flatten(1, 2)
    by_head = patches.reshape(*patches.shape[:2], heads, 2, width // heads)
    keys, values = by_head[..., 0, :].flatten(2), by_head[..., 1, :].flatten(2)
    mixed = attention(spikes.flatten(1, 2), keys, values, heads=heads)
    x = x + written("attn.proj", mixed).reshape(x.shape)
    wide = written("mlp.up", relu(x))
    groups = wide.shape[-1] // 16
    wide = wide + written.conv("mlp.group", relu(wide), padding=1, groups=groups)
    return x + written("mlp.down", relu(wide))


@pytest.mark.parametrize(
    ("name", "path", "shape", "naive"),
    [
        ("spikformer-2-64/digits", "block.1", (5, 64), spikformer),
        ("spikingformer-2-64/digits", "block.0", (5, 64), spikingformer),
        ("qkformer-4-64/mnist", "stage.1.block.0", (5, 16), query_key),
        ("qkformer-4-64/mnist", "stage.3.block.1", (5, 64), spikformer),
        ("sdt-v1-2-64/digits", "block.0", (2, 3, 64), spike_driven),
        ("spikingresformer-xs/digits", "stage.1.block.1", (4, 4, 48), dual),
    ],
)
def test_a_block_is_what_it_says(name, path, shape, naive):
    block = live_model(f"{name}:ann").get_submodule(path)
    x = drawn(1, 2, *shape)
    with torch.no_grad():
        got = block(x, ForwardPass(1))
        assert (got < 0).any()
        close(got[0], naive(Written(block), x[0]))


def test_attention_behind_convolutions():
    block = live_model("sdt-v2-xs/digits:ann").get_submodule("stage.3.block.0")
    attn, x, context = block.attn, drawn(1, 2, 3, 2, block.mlp.fc1.weight.shape[1]), ForwardPass(1)
    with torch.no_grad():
        q, k, v = (part(relu(x), context)[0].flatten(1, 2) for part in (attn.q, attn.k, attn.v))
        mixed = attention(q, k, v, heads=attn.product.heads).reshape(x.shape)
        close(attn(x, context), x + attn.proj(mixed, context))


def test_an_encoder_of_spikingbert_is_bert():
    model = live_model("spikingbert-2-64/movie-reviews:ann", vocabulary=40, tokens=9, depth=1)
    ours, (attn, mlp) = model.encoder[0], (model.encoder[0].attn, model.encoder[0].mlp)
    bert = torch.nn.TransformerEncoderLayer(
        64, HEADS, 256, 0.0, "gelu", attn.output.norm.eps, batch_first=True, dtype=torch.float64
    )
    parts = [attn.q, attn.k, attn.v]
    pairs = [
        (bert.self_attn.out_proj, attn.output.linear),
        (bert.norm1, attn.output.norm),
        (bert.linear1, mlp.intermediate),
        (bert.linear2, mlp.output.linear),
        (bert.norm2, mlp.output.norm),
    ]
    with torch.no_grad():
        bert.self_attn.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        bert.self_attn.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        for theirs, own in pairs:
            theirs.weight.copy_(own.weight)
            theirs.bias.copy_(own.bias)
        tokens = inputs(model, 4)
        padding = tokens == 0
        assert padding.any()
        context = ForwardPass(1)
        context.mask = ~padding
        x = drawn(1, *tokens.shape, 64)
        got, want = ours(x, context)[0], bert.train()(x[0], src_key_padding_mask=padding)
        close(got[~padding], want[~padding])
        assert not got[padding].any()
