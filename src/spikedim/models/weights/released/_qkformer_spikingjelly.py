"""Names of SpikingJelly's own QKFormer."""

from collections.abc import Mapping

from torch import Tensor

from spikedim.models.weights._key_map import KeyMap
from spikedim.models.weights.released._fold_biases import fold_biases

__all__ = ["QKFORMER_SPIKINGJELLY"]

_BIASED = (
    (r"(patch_embed[123]\.)conv([123])", r"\1bn\2"),
    (r"(patch_embed[123]\.shortcut\.)0", r"\g<1>1"),
)
_UNBIASED = r"stage[123]\.\d+\.attn\.proj_conv_bn\.0"
_ATTENTION = r"stage([123])\.(\d+)\.attn\."


def _parts(names: str, leaf: str = "") -> tuple[str, ...]:
    return tuple(rf"stage.\1.block.\2.attn.{part}{leaf}" for part in names)


def _prepare(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Give the convolutions the biases that ours have."""
    return fold_biases(state, _BIASED, unbiased=_UNBIASED)


QKFORMER_SPIKINGJELLY = KeyMap(
    origin=(
        "fangwei123456/spikingjelly:spikingjelly/activation_based/model/qkformer.py and "
        "layer/attention.py, release 2.0.0"
    ),
    modules=(
        *(
            (rf"patch_embed1\.{kind}{number + 1}", f"stage.1.embed.conv{number}{leaf}")
            for number in range(3)
            for kind, leaf in (("conv", ""), ("bn", ".norm"))
        ),
        (r"patch_embed([23])\.conv([12])", r"stage.\1.embed.conv\2"),
        (r"patch_embed([23])\.bn([12])", r"stage.\1.embed.conv\2.norm"),
        (r"patch_embed([123])\.shortcut\.0", r"stage.\1.embed.skip"),
        (r"patch_embed([123])\.shortcut\.1", r"stage.\1.embed.skip.norm"),
        (_ATTENTION + r"qk_conv_bn\.0", _parts("qk")),
        (_ATTENTION + r"qk_conv_bn\.1", _parts("qk", ".norm")),
        (_ATTENTION + r"qkv_conv_bn\.0", _parts("qkv")),
        (_ATTENTION + r"qkv_conv_bn\.1", _parts("qkv", ".norm")),
        (_ATTENTION + r"proj_conv_bn\.0", r"stage.\1.block.\2.attn.proj"),
        (_ATTENTION + r"proj_conv_bn\.1", r"stage.\1.block.\2.attn.proj.norm"),
        (r"stage([123])\.(\d+)\.mlp\.fc([12])", r"stage.\1.block.\2.mlp.fc\3"),
        (r"stage([123])\.(\d+)\.mlp\.bn([12])", r"stage.\1.block.\2.mlp.fc\3.norm"),
        ("head", "head"),
    ),
    prepare=_prepare,
    notes=("biases of its embeddings went into the running means behind them",),
)
