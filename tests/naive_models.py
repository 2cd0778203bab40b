"""Spikingformer and QKFormer written a second time, channels first.

They read the state dict of a built model and nothing else of it; every product is a 2-d convolution
with its normalisation, as in the released code, and neurons are a loop over steps.
"""

import torch
from torch.nn import functional


def lif(currents, *, threshold=1.0):
    """Spikes of currents [T, ...]: leak 1/2, input halved, hard reset to 0."""
    membrane, spikes = torch.zeros_like(currents[0]), []
    for current in currents:
        membrane = membrane + (current - membrane) / 2
        fired = (membrane >= threshold).to(currents.dtype)
        membrane = membrane * (1 - fired)
        spikes.append(fired)
    return torch.stack(spikes)


def clip(currents, *, threshold=1.0):
    """Rates of the twin, whatever the threshold."""
    return currents.clamp(0, 1)


def norm_conv(state, name, x, *, stride=1):
    """Convolution and normalisation of [T, B, C, H, W]."""
    weight = state[f"{name}.weight"]
    weight = weight.reshape(*weight.shape[:2], *(weight.shape[2:] or (1, 1)))
    padding = weight.shape[-1] // 2
    y = functional.conv2d(x.flatten(0, 1), weight, state.get(f"{name}.bias"), stride, padding)
    parts = (state[f"{name}.norm.{key}"] for key in ("running_mean", "running_var"))
    affine = (state[f"{name}.norm.{key}"] for key in ("weight", "bias"))
    y = functional.batch_norm(y, *parts, *affine)
    return y.reshape(*x.shape[:2], *y.shape[1:])


def pool(x):
    """3 x 3 maxima, stride 2, of [T, B, C, H, W]."""
    y = functional.max_pool2d(x.flatten(0, 1), 3, 2, 1)
    return y.reshape(*x.shape[:2], *y.shape[1:])


def heads_of(x, heads):
    """[T, B, heads, N, d] of [T, B, C, H, W]."""
    return x.flatten(3).unflatten(2, (heads, -1)).transpose(-1, -2)


def self_attention(state, name, spikes, heads, *, fire):
    """Currents of softmax-free attention [T, B, C, H, W], or of the twin's softmax."""
    q, k, v = (heads_of(fire(norm_conv(state, f"{name}.{part}", spikes)), heads) for part in "qkv")
    if fire is clip:
        mixed = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1) @ v
    else:
        mixed = q @ k.mT @ v * 0.125
    return fire(mixed.mT.flatten(2, 3).reshape(spikes.shape), threshold=0.5)


def classify(state, x):
    """Logits of each step."""
    return functional.linear(x.flatten(3).mean(3), state["head.weight"], state["head.bias"])


def spikingformer(state, x, *, pools, depth, heads, fire=lif, pool_first=False):
    """Logits [T, B, C] of images [T, B, C, H, W]."""
    x = norm_conv(state, "stem.conv0", x)
    for index, halve in enumerate(pools, start=1):
        x = fire(pool(x)) if halve and pool_first else fire(x)
        x = pool(x) if halve and not pool_first else x
        x = norm_conv(state, f"stem.conv{index}", x)
    for index in range(depth):
        attn, mlp = f"block.{index}.attn", f"block.{index}.mlp"
        mixed = self_attention(state, attn, fire(x), heads, fire=fire)
        x = x + norm_conv(state, f"{attn}.proj", mixed)
        hidden = norm_conv(state, f"{mlp}.fc1", fire(x))
        x = x + norm_conv(state, f"{mlp}.fc2", fire(hidden))
    return classify(state, x)


def embedding(state, name, x, layers, *, fork, stride, fire):
    """Patch embedding: `layers` name and pool its convolutions; the skip leaves before `fork`."""
    for conv, halve in layers:
        if conv == fork:
            early = x
        x = norm_conv(state, f"{name}.{conv}", x)
        x = fire(pool(x) if halve else x)
    return x + fire(norm_conv(state, f"{name}.skip", early, stride=stride))


def query_key(state, name, x, heads, *, fire, axis):
    """Masked keys [T, B, C, H, W], or the twin's softmax of queries and keys on the keys."""
    q, k = (fire(norm_conv(state, f"{name}.{part}", x)) for part in "qk")
    if fire is clip:
        q, k = heads_of(q, heads), heads_of(k, heads)
        mixed = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1) @ k
        return mixed.mT.flatten(2, 3).reshape(x.shape)
    if axis == "channel":
        return k * fire(q.sum((-1, -2), keepdim=True), threshold=0.5)
    by_head = q.unflatten(2, (heads, -1)).sum(3, keepdim=True)
    return (k.unflatten(2, (heads, -1)) * fire(by_head, threshold=0.5)).flatten(2, 3)


def merged(currents):
    """Spikes if the samples of a batch are taken for steps."""
    return lif(currents.flatten(0, 1)).reshape(currents.shape)


FIRST = {  # convolutions with their pooling; where the skip leaves; its stride
    "cifar": ((("conv0", False), ("conv1", False)), "conv1", 1),
    "imagenet": ((("conv0", True), ("conv1", True), ("conv2", False)), "conv1", 2),
    "events": (
        (("conv0", False), ("conv1", True), ("conv2", True), ("conv3", True)),
        "conv2",
        4,
    ),
}


def qkformer(state, x, *, form, depths, heads, fire=lif, axis="token", leak=False):
    """Logits [T, B, C] of images or events [T, B, C, H, W]."""
    early = form == "imagenet"
    for stage, depth in enumerate(depths, start=1):
        layers, fork, stride = (
            FIRST[form] if stage == 1 else ((("conv1", early), ("conv2", not early)), "conv1", 2)
        )
        name = f"stage.{stage}"
        x = embedding(state, f"{name}.embed", x, layers, fork=fork, stride=stride, fire=fire)
        for index in range(depth):
            attn, mlp = f"{name}.block.{index}.attn", f"{name}.block.{index}.mlp"
            if stage < len(depths):
                mixed = query_key(state, attn, x, heads, fire=fire, axis=axis)
                last = fire
            else:
                mixed = self_attention(state, attn, x, heads, fire=fire)
                last = merged if leak else fire
            x = x + last(norm_conv(state, f"{attn}.proj", mixed))
            hidden = fire(norm_conv(state, f"{mlp}.fc1", x))
            x = x + fire(norm_conv(state, f"{mlp}.fc2", hidden))
    return classify(state, x)
