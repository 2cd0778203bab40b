"""Names of the authors' Spike-driven Transformer, version 2."""

from collections.abc import Mapping

from torch import Tensor

from spikedim.models.weights._key_map import KeyMap

__all__ = ["SDT_V2"]

_STAGES = (("1_1", 0), ("1_2", 1), ("2", 2), ("3", 3), ("4", 4))
_CONV_BLOCKS = (
    (r"ConvBlock1_1\.0", "stage.0.block.0"),
    (r"ConvBlock1_2\.0", "stage.1.block.0"),
    (r"ConvBlock2_1\.0", "stage.2.block.0"),
    (r"ConvBlock2_2\.0", "stage.2.block.1"),
)
_INSIDE = (
    (r"Conv\.pwconv1", "sep.expand"),
    (r"Conv\.bn1", "sep.expand.norm"),
    (r"Conv\.dwconv", "sep.depthwise"),
    (r"Conv\.pwconv2", "sep.reduce"),
    (r"Conv\.bn2", "sep.reduce.norm"),
    ("conv1", "channel.expand"),
    ("bn1", "channel.expand.norm"),
    ("conv2", "channel.reduce"),
    ("bn2", "channel.reduce.norm"),
)
_REP_CONV = (
    (r"0\.body\.0", "conv1"),
    (r"0\.body\.1\.bn", "conv1.norm"),
    (r"0\.body\.2\.0", "depthwise"),
    (r"0\.body\.2\.1", "conv2"),
    (r"0\.body\.2\.2", "conv2.norm"),
    ("1", "norm"),
)
_ATTENTION = r"block([34])\.(\d)\.attn\.(q|k|v|proj)_conv\."


def _one_head(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return the two heads of a distilled model, whose logits are averaged, as the one they are."""
    merged = dict(state)
    for leaf in ("weight", "bias"):
        first, second = merged.get(f"head.{leaf}"), merged.get(f"head_kd.{leaf}")
        if first is not None and second is not None and first.shape == second.shape:
            merged[f"head.{leaf}"] = (first + second) / 2
            del merged[f"head_kd.{leaf}"]
    return merged


SDT_V2 = KeyMap(
    origin=(
        "BICLab/Spike-Driven-Transformer-V2:classification/models.py"
        "@35f245f4f79acf1a2b3ef22698c58ab05c1ede33"
    ),
    modules=(
        *(
            (rf"downsample{theirs}\.encode_{kind}", f"stage.{ours}.down{conv}{leaf}")
            for theirs, ours in _STAGES
            for conv in (".conv" if ours else "",)
            for kind, leaf in (("conv", ""), ("bn", ".norm"))
        ),
        *(
            (rf"{block}\.{theirs}", f"{ours_block}.{ours}")
            for block, ours_block in _CONV_BLOCKS
            for theirs, ours in _INSIDE
        ),
        *(
            (_ATTENTION + theirs, rf"stage.\1.block.\2.attn.\3.{ours}")
            for theirs, ours in _REP_CONV
        ),
        (r"block([34])\.(\d)\.mlp\.(fc[12])_conv", r"stage.\1.block.\2.mlp.\3"),
        (r"block([34])\.(\d)\.mlp\.(fc[12])_bn", r"stage.\1.block.\2.mlp.\3.norm"),
        ("head", "head"),
    ),
    prepare=_one_head,
    notes=(
        "a second head, of distillation, is averaged with the first, as released in evaluation",
    ),
)
