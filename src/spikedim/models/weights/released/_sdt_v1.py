"""Names of the authors' Spike-driven Transformer, version 1."""

from spikedim.models.weights._key_map import KeyMap
from spikedim.models.weights.released._spikformer import FIVE_CONVOLUTIONS

__all__ = ["SDT_V1"]

SDT_V1 = KeyMap(
    origin=(
        "BICLab/Spike-Driven-Transformer:module/{sps,ms_conv}.py and model/spikeformer.py"
        "@3faa82272eb499e4d56ea77707d4536e7c69a54b"
    ),
    modules=(
        *FIVE_CONVOLUTIONS,
        (r"block\.(\d+)\.attn\.(q|k|v|proj)_conv", r"block.\1.attn.\2"),
        (r"block\.(\d+)\.attn\.(q|k|v|proj)_bn", r"block.\1.attn.\2.norm"),
        (r"block\.(\d+)\.attn\.talking_heads", r"block.\1.attn.talking_heads"),
        (r"block\.(\d+)\.mlp\.(fc[12])_conv", r"block.\1.mlp.\2"),
        (r"block\.(\d+)\.mlp\.(fc[12])_bn", r"block.\1.mlp.\2.norm"),
        ("head", "head"),
    ),
    dead=(r"block\.\d+\.attn\.talking_heads\.weight",),
)
