"""Names of SpikingJelly's own Spike-driven Transformer, version 1."""

from collections.abc import Mapping

from torch import Tensor

from spikedim.models.weights._key_map import KeyMap
from spikedim.models.weights.released._fold_biases import fold_biases

__all__ = ["SDT_V1_SPIKINGJELLY"]

_BIASED = (
    (r"(patch_embed\.stages\.[012]\.)0", r"\g<1>1"),
    (r"(patch_embed\.final_stage\.)0", r"\g<1>1"),
)


def _prepare(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Give the convolutions the biases that ours have."""
    return fold_biases(state, _BIASED, unbiased="")


SDT_V1_SPIKINGJELLY = KeyMap(
    origin=(
        "fangwei123456/spikingjelly:spikingjelly/activation_based/model/"
        "spike_driven_transformer.py and layer/attention.py, release 2.0.0"
    ),
    modules=(
        (r"patch_embed\.stages\.([012])\.0", r"stem.conv\1"),
        (r"patch_embed\.stages\.([012])\.1", r"stem.conv\1.norm"),
        (r"patch_embed\.final_stage\.0", "stem.conv3"),
        (r"patch_embed\.final_stage\.1", "stem.conv3.norm"),
        (r"patch_embed\.rpe_conv", "stem.rpe"),
        (r"patch_embed\.rpe_bn", "stem.rpe.norm"),
        (r"blocks\.(\d+)\.attn\.(q|k|v|proj)_conv", r"block.\1.attn.\2"),
        (r"blocks\.(\d+)\.attn\.(q|k|v|proj)_bn", r"block.\1.attn.\2.norm"),
        (r"blocks\.(\d+)\.mlp\.fc([12])", r"block.\1.mlp.fc\2"),
        (r"blocks\.(\d+)\.mlp\.bn([12])", r"block.\1.mlp.fc\2.norm"),
        ("head", "head"),
    ),
    prepare=_prepare,
    notes=("biases of its stem went into the running means behind them",),
)
