"""Names of the authors' QKFormer: ImageNet, CIFAR and event forms."""

from spikedim.models.weights._key_map import KeyMap

__all__ = ["QKFORMER"]

_CONVOLUTIONS = (
    # patch_embed1 counts from 0 and the others from 3, but for the event form's second.
    (r"patch_embed1\.proj_", "stage.1.embed.conv0"),
    (r"patch_embed1\.proj([123])_", r"stage.1.embed.conv\1"),
    (r"patch_embed([23])\.proj3?_", r"stage.\1.embed.conv1"),
    (r"patch_embed([23])\.proj4_", r"stage.\1.embed.conv2"),
    (r"patch_embed([123])\.proj_res_", r"stage.\1.embed.skip"),
    (r"stage([123])\.(\d+)\.(?:tssa|ssa|attn)\.(q|k|v|proj)_", r"stage.\1.block.\2.attn.\3"),
    (r"stage([123])\.(\d+)\.mlp\.(?:mlp|fc)([12])_", r"stage.\1.block.\2.mlp.fc\3"),
)

QKFORMER = KeyMap(
    origin=(
        "zhouchenlin2096/QKFormer:{imagenet/qkformer,cifar10/model,cifar10-dvs/model,"
        "dvs128-gesture/model}.py@c2a00e8e54538e76f5954614a60c1d53824bbee9"
    ),
    modules=(
        *((f"{theirs}conv", ours) for theirs, ours in _CONVOLUTIONS),
        *((f"{theirs}bn", f"{ours}.norm") for theirs, ours in _CONVOLUTIONS),
        ("head", "head"),
    ),
    notes=(
        (
            "the released code lets samples of a batch influence each other, and its accuracies "
            "hold with that: build the model with legacy_batch_leak=True to compute as it does"
        ),
    ),
)
