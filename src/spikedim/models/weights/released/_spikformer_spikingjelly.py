"""Names of SpikingJelly's own Spikformer."""

from spikedim.models.weights._key_map import KeyMap

__all__ = ["SPIKFORMER_SPIKINGJELLY"]

_QKV = tuple(rf"block.\1.attn.{part}" for part in "qkv")

SPIKFORMER_SPIKINGJELLY = KeyMap(
    origin=(
        "fangwei123456/spikingjelly:spikingjelly/activation_based/model/spikformer.py and "
        "layer/attention.py, release 2.0.0"
    ),
    modules=(
        (r"patch_embed\.stages\.(\d)\.conv_bn\.block\.0", r"stem.conv\1"),
        (r"patch_embed\.stages\.(\d)\.conv_bn\.block\.1", r"stem.conv\1.norm"),
        (r"patch_embed\.positional_encoding\.conv_bn\.block\.0", "stem.rpe"),
        (r"patch_embed\.positional_encoding\.conv_bn\.block\.1", "stem.rpe.norm"),
        (r"blocks\.(\d+)\.attn\.qkv_conv_bn\.0", _QKV),
        (r"blocks\.(\d+)\.attn\.qkv_conv_bn\.1", tuple(f"{part}.norm" for part in _QKV)),
        (r"blocks\.(\d+)\.attn\.proj_conv_bn\.0", r"block.\1.attn.proj"),
        (r"blocks\.(\d+)\.attn\.proj_conv_bn\.1", r"block.\1.attn.proj.norm"),
        (r"blocks\.(\d+)\.mlp\.(fc[12])\.0", r"block.\1.mlp.\2"),
        (r"blocks\.(\d+)\.mlp\.(fc[12])\.1", r"block.\1.mlp.\2.norm"),
        ("head", "head"),
    ),
    needs={"pool_first": True, "product_bias": False},
    notes=("its head gives logits of every step: compare them with `run(...).outputs`",),
)
