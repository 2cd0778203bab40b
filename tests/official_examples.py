"""State dicts with the names and shapes of the authors' code, written down from its modules.

Each function lists what the constructors in the named repository register, in their order; none of
it is derived from the tables that are tested against it.
"""

import torch


class Listing:
    """Names and shapes of one state dict."""

    def __init__(self):
        self.parameters, self.buffers = {}, {}

    def conv(self, name, c_in, c_out, *kernel, groups=1, bias=False):
        self.parameters[f"{name}.weight"] = (c_out, c_in // groups, *kernel)
        if bias:
            self.parameters[f"{name}.bias"] = (c_out,)

    def linear(self, name, d_in, d_out, *, bias=True):
        self.conv(name, d_in, d_out, bias=bias)

    def affine(self, name, width):
        self.parameters[f"{name}.weight"] = self.parameters[f"{name}.bias"] = (width,)

    def bn(self, name, width):
        self.affine(name, width)
        self.buffers[f"{name}.running_mean"] = self.buffers[f"{name}.running_var"] = (width,)
        self.buffers[f"{name}.num_batches_tracked"] = ()

    @property
    def count(self):
        """Parameters, as ``sum(p.numel())`` counts them."""
        return sum(torch.Size(shape).numel() for shape in self.parameters.values())

    def state(self, *, seed=0):
        """Draw a value for everything, no two tensors alike."""
        draw = torch.Generator().manual_seed(seed)
        state = {}
        for number, (name, shape) in enumerate({**self.parameters, **self.buffers}.items()):
            if name.endswith("num_batches_tracked"):
                state[name] = torch.tensor(number)
            else:
                state[name] = torch.randn(shape, generator=draw).abs()
        return state


def five_convolutions(found, d, channels):
    """SPS of Spikformer and MS_SPS of Spike-driven Transformer v1."""
    widths = (channels, d // 8, d // 4, d // 2, d)
    for index, suffix in enumerate(("", "1", "2", "3")):
        found.conv(f"patch_embed.proj_conv{suffix}", widths[index], widths[index + 1], 3, 3)
        found.bn(f"patch_embed.proj_bn{suffix}", widths[index + 1])
    found.conv("patch_embed.rpe_conv", d, d, 3, 3)
    found.bn("patch_embed.rpe_bn", d)


def attention(found, name, d, *, parts="qkv", kernel=(1,), form="conv", bias=False):
    """Products of one attention, with their normalisations."""
    for part in parts:
        found.conv(f"{name}.{part}_{form}", d, d, *kernel, bias=bias)
        found.bn(f"{name}.{part}_bn", d)
    found.conv(f"{name}.proj_{form}", d, d, *kernel, bias=True)
    found.bn(f"{name}.proj_bn", d)


def mlp(found, name, d, *, names=("fc1", "fc2"), kernel=(1, 1), form="conv", ratio=4):
    """Both products of an MLP."""
    for part, (d_in, d_out) in zip(names, ((d, ratio * d), (ratio * d, d)), strict=True):
        found.conv(f"{name}.{part}_{form}", d_in, d_out, *kernel, bias=True)
        found.bn(f"{name}.{part}_bn", d_out)


def spikformer(form, *, d, depth, classes=10, channels=3, tokens=64):
    """cifar10/model.py, imagenet/model.py or cifar10dvs/model.py of ZK-Zhou/spikformer."""
    found = Listing()
    five_convolutions(found, d, channels)
    if form == "cifar10dvs":
        found.parameters["pos_embed"] = (1, tokens, d)
    for index in range(depth):
        block = f"block.{index}"
        found.affine(f"{block}.norm1", d)
        if form == "cifar10":
            attention(found, f"{block}.attn", d, kernel=(), form="linear", bias=True)
            found.affine(f"{block}.norm2", d)
            mlp(found, f"{block}.mlp", d, kernel=(), form="linear")
        else:
            attention(found, f"{block}.attn", d)
            found.affine(f"{block}.norm2", d)
            mlp(found, f"{block}.mlp", d, kernel=(1, 1) if form == "imagenet" else (1,))
    if form == "cifar10dvs":
        found.affine("norm", d)
    found.linear("head", d, classes)
    return found


def spikingformer(form, *, d, depth, classes=10, channels=3):
    """cifar10/model.py or imagenet/model.py of zhouchenlin2096/Spikingformer."""
    found = Listing()
    widths = (channels, d // 8, d // 4, d // 2, d, d)
    for index in range(5):
        stem = f"block{index}" if form == "cifar10" else f"proj{index or ''}"
        found.conv(f"patch_embed.{stem}_conv", widths[index], widths[index + 1], 3, 3)
        found.bn(f"patch_embed.{stem}_bn", widths[index + 1])
    for index in range(depth):
        found.affine(f"block.{index}.norm1", d)
        attention(found, f"block.{index}.attn", d)
        found.affine(f"block.{index}.norm2", d)
        mlp(found, f"block.{index}.mlp", d, names=("mlp1", "mlp2"))
    found.linear("head", d, classes)
    return found


def sdt_v1(*, d, depth, heads=8, classes=10, channels=3):
    """module/sps.py, module/ms_conv.py and model/spikeformer.py of Spike-Driven-Transformer."""
    found = Listing()
    five_convolutions(found, d, channels)
    for index in range(depth):
        attention(found, f"block.{index}.attn", d, kernel=(1, 1))
        found.conv(f"block.{index}.attn.talking_heads", heads, heads, 1)
        mlp(found, f"block.{index}.mlp", d)
    found.linear("head", d, classes)
    return found


def rep_conv(found, name, d):
    """RepConv and the normalisation behind it, of classification/models.py."""
    found.conv(f"{name}.0.body.0", d, d, 1, 1)
    found.bn(f"{name}.0.body.1.bn", d)
    found.conv(f"{name}.0.body.2.0", d, d, 3, 3, groups=d)
    found.conv(f"{name}.0.body.2.1", d, d, 1, 1)
    found.bn(f"{name}.0.body.2.2", d)
    found.bn(f"{name}.1", d)


def conv_block(found, name, c):
    """MS_ConvBlock of classification/models.py."""
    found.conv(f"{name}.Conv.pwconv1", c, 2 * c, 1, 1)
    found.bn(f"{name}.Conv.bn1", 2 * c)
    found.conv(f"{name}.Conv.dwconv", 2 * c, 2 * c, 7, 7, groups=2 * c)
    found.conv(f"{name}.Conv.pwconv2", 2 * c, c, 1, 1)
    found.bn(f"{name}.Conv.bn2", c)
    found.conv(f"{name}.conv1", c, 4 * c, 3, 3)
    found.bn(f"{name}.bn1", 4 * c)
    found.conv(f"{name}.conv2", 4 * c, c, 3, 3)
    found.bn(f"{name}.bn2", c)


def sdt_v2(*, widths, classes=1000, channels=3, distilled=False):
    """classification/models.py of Spike-Driven-Transformer-V2."""
    found = Listing()
    c1, c2, c3, c4 = widths

    def down(name, c_in, c_out, kernel=3):
        found.conv(f"{name}.encode_conv", c_in, c_out, kernel, kernel, bias=True)
        found.bn(f"{name}.encode_bn", c_out)

    down("downsample1_1", channels, c1 // 2, 7)
    conv_block(found, "ConvBlock1_1.0", c1 // 2)
    down("downsample1_2", c1 // 2, c1)
    conv_block(found, "ConvBlock1_2.0", c1)
    down("downsample2", c1, c2)
    conv_block(found, "ConvBlock2_1.0", c2)
    conv_block(found, "ConvBlock2_2.0", c2)
    for stage, blocks, c_in, d in ((3, 6, c2, c3), (4, 2, c3, c4)):
        down(f"downsample{stage}", c_in, d)
        for index in range(blocks):
            for part in ("q", "k", "v", "proj"):
                rep_conv(found, f"block{stage}.{index}.attn.{part}_conv", d)
            mlp(found, f"block{stage}.{index}.mlp", d, kernel=(1,))
    found.linear("head", c4, classes)
    if distilled:
        found.linear("head_kd", c4, classes)
    return found


def qkformer(form, *, d, blocks, classes=10, channels=3, ratio=4):
    """imagenet/qkformer.py, cifar10/model.py or an event form of zhouchenlin2096/QKFormer."""
    found = Listing()

    def conv(name, c_in, c_out, kernel=3):
        found.conv(f"{name}_conv", c_in, c_out, kernel, kernel)
        found.bn(f"{name}_bn", c_out)

    events = form == "dvs"
    widths = (d // 2, d) if events else (d // 4, d // 2, d)
    e = widths[0]
    if events:
        stem = (("", channels, e // 8), ("1", e // 8, e // 4), ("2", e // 4, e // 2))
        stem, fork = (*stem, ("3", e // 2, e)), e // 4
    else:
        stem, fork = (("", channels, e // 2), ("1", e // 2, e)), e // 2
        stem = (*stem, ("2", e, e)) if form == "imagenet" else stem
    for suffix, c_in, c_out in stem:
        conv(f"patch_embed1.proj{suffix}", c_in, c_out)
    conv("patch_embed1.proj_res", fork, e, 1)
    for number, width in enumerate(widths[1:], start=2):
        conv(f"patch_embed{number}.proj{'' if events else '3'}", width // 2, width)
        conv(f"patch_embed{number}.proj4", width, width)
        conv(f"patch_embed{number}.proj_res", width // 2, width, 1)
    names = ("fc1", "fc2") if form == "imagenet" else ("mlp1", "mlp2")
    for number, (width, depth) in enumerate(zip(widths, blocks, strict=True), start=1):
        last = number == len(widths)
        for index in range(depth):
            block = f"stage{number}.{index}"
            name = ("attn" if form == "imagenet" else "ssa") if last else "tssa"
            attention(found, f"{block}.{name}", width, parts="qkv" if last else "qk")
            mlp(found, f"{block}.mlp", width, names=names, ratio=ratio)
    found.linear("head", d, classes)
    return found


def spikingresformer(*, widths, heads, classes, kernel, group, learnt=False):
    """models/spikingresformer.py of xyshi2000/SpikingResformer; `learnt` for its PLIF form."""
    found = Listing()

    def neuron(name):
        if learnt:
            found.parameters[f"{name}.w"] = ()

    found.conv("prologue.0", 3, widths[0], kernel, kernel)
    found.bn("prologue.1.bn", widths[0])
    for stage, (d, h) in enumerate(zip(widths, heads, strict=True)):
        place = 0
        if stage:
            found.conv(f"layers.{stage}.0.conv", widths[stage - 1], d, 3, 3)
            found.bn(f"layers.{stage}.0.norm.bn", d)
            neuron(f"layers.{stage}.0.activation")
            place = 1
        patch = (4, 2, 1)[stage]
        for _ in range(stage + 1):
            name = f"layers.{stage}.{place}"
            found.buffers[f"{name}.firing_rate_x"] = (1, 1, h, 1, 1)
            found.buffers[f"{name}.firing_rate_attn"] = (1, 1, h, 1, 1)
            neuron(f"{name}.activation_in")
            found.conv(f"{name}.W", d, 2 * d, patch, patch)
            found.bn(f"{name}.norm.bn", 2 * d)
            neuron(f"{name}.activation_attn")
            neuron(f"{name}.activation_out")
            found.conv(f"{name}.Wproj", d, d, 1, 1)
            found.bn(f"{name}.norm_proj.bn", d)
            name = f"layers.{stage}.{place + 1}"
            neuron(f"{name}.up.0")
            found.conv(f"{name}.up.1", d, 4 * d, 1, 1)
            found.bn(f"{name}.up.2.bn", 4 * d)
            neuron(f"{name}.conv.0.0")
            found.conv(f"{name}.conv.0.1", 4 * d, 4 * d, 3, 3, groups=4 * d // group)
            found.bn(f"{name}.conv.0.2.bn", 4 * d)
            neuron(f"{name}.down.0")
            found.conv(f"{name}.down.1", 4 * d, d, 1, 1)
            found.bn(f"{name}.down.2.bn", d)
            place += 2
    found.linear("classifier", widths[-1], classes, bias=False)
    return found


def spikingbert(*, encoders, d, classes=2, vocabulary=30522, positions=512):
    """implicit_bert/models/snn_ide_bert_classi_*.py of NeuroCompLab-psu/SpikingBERT."""
    found = Listing()

    def stack(prefix):
        found.parameters[f"{prefix}network_x.word_embeddings.weight"] = (vocabulary, d)
        found.parameters[f"{prefix}network_x.position_embeddings.weight"] = (positions, d)
        found.parameters[f"{prefix}network_x.token_type_embeddings.weight"] = (2, d)
        found.affine(f"{prefix}network_x.LayerNorm", d)

    def layers(name):
        for encoder in range(encoders):
            first = 6 * encoder
            found.linear(name(first) + ".dense", d, d)
            found.linear(name(first + 1) + ".dense", d, d)
            found.linear(name(first + 2) + ".query", d, d)
            found.linear(name(first + 3) + ".dense", d, d)
            found.affine(name(first + 3) + ".LayerNorm", d)
            found.linear(name(first + 4) + ".dense", d, 4 * d)
            found.linear(name(first + 5) + ".dense", 4 * d, d)
            found.affine(name(first + 5) + ".LayerNorm", d)
        found.linear(name(6 * encoders) + ".fc", d, d, bias=False)

    stack("")
    layers(lambda index: f"network_s{index + 1}")
    for copy in ("snn_func", "snn_func_copy", "snn_ide_conv.snn_func"):
        layers(lambda index, copy=copy: f"{copy}.network_s_list.{index}")
        stack(f"{copy}.")
    found.linear("fit_dense", d, d)
    found.linear("pooler_layer.dense", d, d)
    found.linear("classification", d, classes)
    return found
