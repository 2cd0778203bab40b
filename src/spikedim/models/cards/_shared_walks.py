"""Pieces that several families share: the stem, projections, and the two kinds of MLP."""

from spikedim.models.cards._setting import Setting
from spikedim.models.cards._walk import Inputs, LayerWalk

__all__ = [
    "current_mlp",
    "project",
    "self_attention_block",
    "spike_output",
    "spiking_patch_splitting",
]


def spiking_patch_splitting(
    walk: LayerWalk, where: Setting, width: int, *, pool_last_current: bool = False
) -> int:
    """Walk five 3 x 3 convolutions with pooling after the marked ones; return the final side.

    Pooling acts on spikes; `pool_last_current` moves that of the fourth in front of its neurons.
    The fifth has no neurons yet.
    """
    side, c_in, inputs = where.side, where.channels, Inputs.REALS
    for index, c_out in enumerate((width // 8, width // 4, width // 2, width)):
        walk.conv(f"stem.conv{index}", c_in, c_out, kernel=3, side=side, inputs=inputs)
        pooled = (side + 1) // 2 if where.stem_pool[index] else side
        neurons = pooled if pool_last_current and index == 3 else side
        walk.lif(f"stem.lif{index}", neurons * neurons, c_out)
        side, c_in, inputs = pooled, c_out, Inputs.SPIKES
    walk.conv("stem.rpe", width, width, kernel=3, side=side)
    return side


def project(
    walk: LayerWalk,
    name: str,
    tokens: int,
    d: int,
    *,
    parts: str = "qkv",
    bias: bool = False,
    inputs: Inputs = Inputs.SPIKES,
) -> None:
    """Walk the products that give queries, keys and values, neurons behind each."""
    for part in parts:
        walk.linear(f"{name}.attn.{part}", d, d, tokens=tokens, bias=bias, inputs=inputs)
        walk.lif(f"{name}.attn.{part}_lif", tokens, d)


def spike_output(walk: LayerWalk, name: str, tokens: int, d: int, *, ratio: int = 4) -> None:
    """Walk output projection and MLP whose residuals add spikes: neurons behind each product."""
    walk.linear(f"{name}.attn.proj", d, d, tokens=tokens, bias=True)
    walk.lif(f"{name}.attn.proj_lif", tokens, d)
    walk.linear(f"{name}.mlp.fc1", d, ratio * d, tokens=tokens, bias=True, inputs=Inputs.INTEGERS)
    walk.lif(f"{name}.mlp.fc1_lif", tokens, ratio * d)
    walk.linear(f"{name}.mlp.fc2", ratio * d, d, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.fc2_lif", tokens, d)


def self_attention_block(
    walk: LayerWalk,
    name: str,
    tokens: int,
    d: int,
    *,
    macs: int,
    bias: bool = False,
    ratio: int = 4,
    inputs: Inputs = Inputs.INTEGERS,
) -> None:
    """Walk a block of spiking self-attention whose residuals add spikes."""
    project(walk, name, tokens, d, bias=bias, inputs=inputs)
    walk.attention(f"{name}.attn.product", macs, twin_macs=2 * tokens**2 * d)
    walk.lif(f"{name}.attn.attn_lif", tokens, d)
    spike_output(walk, name, tokens, d, ratio=ratio)


def current_mlp(walk: LayerWalk, name: str, tokens: int, d: int) -> None:
    """Walk an MLP whose residual adds currents: neurons in front of each product."""
    walk.lif(f"{name}.mlp.lif1", tokens, d)
    walk.linear(f"{name}.mlp.fc1", d, 4 * d, tokens=tokens, bias=True)
    walk.lif(f"{name}.mlp.lif2", tokens, 4 * d)
    walk.linear(f"{name}.mlp.fc2", 4 * d, d, tokens=tokens, bias=True)
