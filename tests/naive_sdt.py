"""Both spike-driven transformers written a second time, channels first, as the released code is.

They read the state dict of a built model and nothing else of it.
"""

import torch
from tests.naive_models import clip, heads_of, lif, norm_conv, pool
from torch.nn import functional


def classify(state, x, fire):
    """Logits of each step, of the spikes of the mean over places."""
    spikes = fire(x.flatten(3).mean(3))
    return functional.linear(spikes, state["head.weight"], state["head.bias"])


def current_mlp(state, name, x, *, fire):
    hidden = norm_conv(state, f"{name}.fc1", fire(x))
    return x + norm_conv(state, f"{name}.fc2", fire(hidden))


def softmax_attention(q, k, v, fire, shape):
    mixed = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1) @ v
    return fire(mixed.mT.flatten(2, 3).reshape(shape))


def erode(x):
    """Maxima over 3 x 3 entries of the last two axes of a tensor with five."""
    return functional.max_pool3d(x, (1, 3, 3), (1, 1, 1), (0, 1, 1))


def gate_attention(state, name, x, heads, *, fire, events):
    """Residual and spike-driven self-attention 1."""
    spikes = fire(x)
    q, k, v = (fire(norm_conv(state, f"{name}.{part}", spikes)) for part in "qkv")
    if events:
        k, v = erode(k), erode(v)
    q, k, v = (heads_of(part, heads) for part in (q, k, v))
    if fire is clip:
        masked = softmax_attention(q, k, v, fire, x.shape)
    else:
        met = erode(k * v) if events else k * v
        masked = q * fire(met.sum(dim=-2, keepdim=True), threshold=0.5)
        masked = erode(masked) if events else masked
        masked = masked.mT.flatten(2, 3).reshape(x.shape)
    return x + norm_conv(state, f"{name}.proj", masked)


def sdt_v1(state, x, *, pools, depth, heads, fire=lif, events=False):
    """Logits [T, B, C] of images or events [T, B, C, H, W]."""
    for index, halve in enumerate(pools[:3]):
        x = fire(norm_conv(state, f"stem.conv{index}", x))
        x = pool(x) if halve else x
    x = norm_conv(state, "stem.conv3", x)
    x = pool(x) if pools[3] else x
    x = x + norm_conv(state, "stem.rpe", fire(x))
    for index in range(depth):
        x = gate_attention(state, f"block.{index}.attn", x, heads, fire=fire, events=events)
        x = current_mlp(state, f"block.{index}.mlp", x, fire=fire)
    return classify(state, x, fire)


def bare_conv(state, name, x, **options):
    """Convolution without normalisation of [T, B, C, H, W]."""
    weight = state[f"{name}.weight"]
    weight = weight.reshape(*weight.shape[:2], *(weight.shape[2:] or (1, 1)))
    y = functional.conv2d(x.flatten(0, 1), weight, state.get(f"{name}.bias"), **options)
    return y.reshape(*x.shape[:2], *y.shape[1:])


def norm(state, name, x):
    """Normalisation of [T, B, C, H, W] in evaluation mode, written out."""
    mean, variance, gain, shift = (
        state[f"{name}.{key}"][:, None, None]
        for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * gain + shift


def rep_conv(state, name, x):
    """Three products, padded behind the first by what its normalisation makes of zero."""
    y = norm_conv(state, f"{name}.conv1", x)
    *start, height, width = y.shape
    zero = norm(state, f"{name}.conv1.norm", torch.zeros(*start, 1, 1, dtype=x.dtype))
    padded = torch.empty(*start, height + 2, width + 2, dtype=x.dtype)
    for row in range(height + 2):
        for column in range(width + 2):
            inside = 0 < row <= height and 0 < column <= width
            padded[..., row, column] = y[..., row - 1, column - 1] if inside else zero[..., 0, 0]
    y = bare_conv(state, f"{name}.depthwise", padded, groups=y.shape[2])
    return norm(state, f"{name}.norm", norm_conv(state, f"{name}.conv2", y))


def conv_block(state, name, x, *, fire):
    hidden = fire(norm_conv(state, f"{name}.sep.expand", fire(x)))
    hidden = bare_conv(state, f"{name}.sep.depthwise", hidden, padding=3, groups=hidden.shape[2])
    x = x + norm_conv(state, f"{name}.sep.reduce", hidden)
    hidden = norm_conv(state, f"{name}.channel.expand", fire(x))
    return x + norm_conv(state, f"{name}.channel.reduce", fire(hidden))


def rep_attention(state, name, x, heads, *, scale, fire):
    """Residual and spike-driven self-attention 3."""
    project = rep_conv if f"{name}.q.conv1.weight" in state else norm_conv
    spikes = fire(x)
    q, k, v = (heads_of(fire(project(state, f"{name}.{part}", spikes)), heads) for part in "qkv")
    if fire is clip:
        mixed = softmax_attention(q, k, v, fire, x.shape)
    else:
        mixed = scale * (q @ (k.mT @ v))
        mixed = fire(mixed.mT.flatten(2, 3).reshape(x.shape), threshold=0.5)
    return x + project(state, f"{name}.proj", mixed)


def sdt_v2(state, x, *, strides, heads, scale=0.125, fire=lif):
    """Logits [T, B, C] of images [T, B, C, H, W]; `strides` of the five down-samplings."""
    for stage, (stride, blocks) in enumerate(zip(strides, (1, 1, 2, 6, 2), strict=True)):
        down = f"stage.{stage}.down"
        x = (
            norm_conv(state, f"{down}.conv", fire(x), stride=stride)
            if stage
            else norm_conv(state, down, x, stride=stride)
        )
        for index in range(blocks):
            name = f"stage.{stage}.block.{index}"
            if stage < 3:
                x = conv_block(state, name, x, fire=fire)
            else:
                x = rep_attention(state, f"{name}.attn", x, heads, scale=scale, fire=fire)
                x = current_mlp(state, f"{name}.mlp", x, fire=fire)
    return classify(state, x, fire)
