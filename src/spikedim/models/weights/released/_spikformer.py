"""Names of the authors' Spikformer, in its linear and its convolutional forms."""

from spikedim.models.weights._key_map import KeyMap

__all__ = ["FIVE_CONVOLUTIONS", "SPIKFORMER"]

FIVE_CONVOLUTIONS = (
    (r"patch_embed\.proj_conv", "stem.conv0"),
    (r"patch_embed\.proj_bn", "stem.conv0.norm"),
    (r"patch_embed\.proj_conv([123])", r"stem.conv\1"),
    (r"patch_embed\.proj_bn([123])", r"stem.conv\1.norm"),
    (r"patch_embed\.rpe_conv", "stem.rpe"),
    (r"patch_embed\.rpe_bn", "stem.rpe.norm"),
)
"""The stem that Spike-driven Transformer v1 names alike."""

SPIKFORMER = KeyMap(
    origin=(
        "ZK-Zhou/spikformer:{cifar10,imagenet,cifar10dvs}/model.py"
        "@621268981827af47aa666c1b5f774de4281d90ad"
    ),
    modules=(
        *FIVE_CONVOLUTIONS,
        (r"block\.(\d+)\.attn\.(q|k|v|proj)_(?:linear|conv)", r"block.\1.attn.\2"),
        (r"block\.(\d+)\.attn\.(q|k|v|proj)_bn", r"block.\1.attn.\2.norm"),
        (r"block\.(\d+)\.mlp\.(fc[12])_(?:linear|conv)", r"block.\1.mlp.\2"),
        (r"block\.(\d+)\.mlp\.(fc[12])_bn", r"block.\1.mlp.\2.norm"),
        (r"block\.(\d+)\.(norm[12])", r"block.\1.\2"),
        ("head", "head"),
    ),
    dead=(r"block\.\d+\.norm[12]\.(?:weight|bias)", r"norm\.(?:weight|bias)", "pos_embed"),
)
