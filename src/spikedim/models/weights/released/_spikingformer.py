"""Names of the authors' Spikingformer, CIFAR and other forms."""

from spikedim.models.weights._key_map import KeyMap

__all__ = ["SPIKINGFORMER"]

SPIKINGFORMER = KeyMap(
    origin=(
        "zhouchenlin2096/Spikingformer:{cifar10,imagenet,cifar10-dvs}/model.py"
        "@4378623b82bb1999b137244950ad648566e148fd"
    ),
    modules=(
        (r"patch_embed\.block([0-4])_conv", r"stem.conv\1"),  # CIFAR
        (r"patch_embed\.block([0-4])_bn", r"stem.conv\1.norm"),
        (r"patch_embed\.proj_conv", "stem.conv0"),  # ImageNet, events
        (r"patch_embed\.proj_bn", "stem.conv0.norm"),
        (r"patch_embed\.proj([1-4])_conv", r"stem.conv\1"),
        (r"patch_embed\.proj([1-4])_bn", r"stem.conv\1.norm"),
        (r"block\.(\d+)\.attn\.(q|k|v|proj)_conv", r"block.\1.attn.\2"),
        (r"block\.(\d+)\.attn\.(q|k|v|proj)_bn", r"block.\1.attn.\2.norm"),
        (r"block\.(\d+)\.mlp\.mlp([12])_conv", r"block.\1.mlp.fc\2"),
        (r"block\.(\d+)\.mlp\.mlp([12])_bn", r"block.\1.mlp.fc\2.norm"),
        (r"block\.(\d+)\.(norm[12])", r"block.\1.\2"),
        ("head", "head"),
    ),
    dead=(r"block\.\d+\.norm[12]\.(?:weight|bias)",),
)
