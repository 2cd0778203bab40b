"""Checkpoints of the authors' code: every tensor lands, by value, and nothing is left over."""

import pytest
import torch
from tests import official_examples as official

from spikedim._core import InputError
from spikedim.models import ImportReport, build, import_state_dict
from spikedim.models.weights.released._catalogue import KEY_MAPS

NORM = ("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var")


@pytest.mark.parametrize(
    ("listing", "parameters"),
    [
        (official.spikformer("cifar10", d=384, depth=4), 9_330_874),
        (official.spikformer("imagenet", d=512, depth=8, classes=1000), 29_705_768),
        (official.spikformer("cifar10dvs", d=256, depth=2, channels=2), 2_585_610),
        (official.spikingformer("cifar10", d=384, depth=4), 9_326_266),
        (official.spikingformer("imagenet", d=384, depth=8, classes=1000), 16_828_312),
        (official.sdt_v1(d=512, depth=2), 10_233_546),
        (official.sdt_v2(widths=(96, 192, 384, 480)), 31_333_864),
        (official.sdt_v2(widths=(128, 256, 512, 640), distilled=True), 55_991_248),
        (official.qkformer("imagenet", d=384, blocks=(1, 2, 7), classes=1000), 16_473_688),
        (official.qkformer("cifar10", d=384, blocks=(1, 1, 2)), 6_706_234),
        (official.qkformer("dvs", d=256, blocks=(1, 1), channels=2, ratio=1), 1_504_138),
        (
            official.spikingresformer(
                widths=(64, 192, 384), heads=(1, 3, 6), classes=1000, kernel=7, group=64
            ),
            11_180_992,
        ),
        (
            official.spikingresformer(
                widths=(32, 96, 192), heads=(1, 3, 6), classes=11, kernel=3, group=32, learnt=True
            ),
            2_709_830,
        ),
    ],
)
def test_the_listings_have_the_parameters_of_the_released_code(listing, parameters):
    assert listing.count == parameters


def test_the_listing_of_spikingbert_has_the_parameters_of_its_inference():
    found = official.spikingbert(encoders=4, d=768).parameters.items()
    used = [torch.Size(shape).numel() for name, shape in found if is_used(name)]
    assert sum(used) == 23_837_184 + 4 * 7_087_872 + 2 * 768 + 2


def is_used(name):
    """Say whether a tensor of SpikingBERT acts: neither a copy nor switched off."""
    return name.startswith(("network_", "classification")) and ".fc." not in name


CASES = {
    # name, overrides, what the released code registers, dead names, and a few names by hand
    "spikformer-linear": (
        "spikformer-2-64/cifar10",
        {},
        official.spikformer("cifar10", d=64, depth=2),
        {
            f"block.{i}.norm{n}.{leaf}"
            for i in (0, 1)
            for n in (1, 2)
            for leaf in ("weight", "bias")
        },
        {
            "patch_embed.proj_conv2.weight": "stem.conv2.weight",
            "patch_embed.proj_bn.running_var": "stem.conv0.norm.running_var",
            "patch_embed.rpe_bn.bias": "stem.rpe.norm.bias",
            "block.1.attn.k_linear.weight": "block.1.attn.k.weight",
            "block.0.attn.q_linear.bias": "block.0.attn.q.bias",
            "block.1.attn.v_bn.running_mean": "block.1.attn.v.norm.running_mean",
            "block.0.mlp.fc2_linear.weight": "block.0.mlp.fc2.weight",
            "head.bias": "head.bias",
        },
    ),
    "spikformer-convolutional": (
        "spikformer-8-384/imagenet",
        {"depth": 2, "width": 64, "classes": 10},
        official.spikformer("imagenet", d=64, depth=2),
        {
            f"block.{i}.norm{n}.{leaf}"
            for i in (0, 1)
            for n in (1, 2)
            for leaf in ("weight", "bias")
        },
        {"block.1.attn.proj_conv.weight": "block.1.attn.proj.weight"},
    ),
    "spikformer-events": (
        "spikformer-2-256/cifar10-dvs",
        {},
        official.spikformer("cifar10dvs", d=256, depth=2, channels=2),
        {
            "pos_embed",
            "norm.weight",
            "norm.bias",
            *(
                f"block.{i}.norm{n}.{leaf}"
                for i in (0, 1)
                for n in (1, 2)
                for leaf in ("weight", "bias")
            ),
        },
        {"block.1.mlp.fc1_conv.weight": "block.1.mlp.fc1.weight"},
    ),
    "spikingformer-cifar": (
        "spikingformer-2-64/cifar10",
        {},
        official.spikingformer("cifar10", d=64, depth=2),
        {
            f"block.{i}.norm{n}.{leaf}"
            for i in (0, 1)
            for n in (1, 2)
            for leaf in ("weight", "bias")
        },
        {
            "patch_embed.block0_conv.weight": "stem.conv0.weight",
            "patch_embed.block4_bn.weight": "stem.conv4.norm.weight",
            "block.0.attn.v_conv.weight": "block.0.attn.v.weight",
            "block.1.mlp.mlp1_bn.bias": "block.1.mlp.fc1.norm.bias",
        },
    ),
    "spikingformer-imagenet": (
        "spikingformer-8-384/imagenet",
        {"depth": 1, "width": 64, "classes": 10},
        official.spikingformer("imagenet", d=64, depth=1),
        {f"block.0.norm{n}.{leaf}" for n in (1, 2) for leaf in ("weight", "bias")},
        {
            "patch_embed.proj_conv.weight": "stem.conv0.weight",
            "patch_embed.proj4_conv.weight": "stem.conv4.weight",
        },
    ),
    "sdt-v1": (
        "sdt-v1-2-64/cifar10",
        {},
        official.sdt_v1(d=64, depth=2, heads=2),
        {f"block.{i}.attn.talking_heads.weight" for i in (0, 1)},
        {
            "patch_embed.proj_conv3.weight": "stem.conv3.weight",
            "block.1.attn.q_conv.weight": "block.1.attn.q.weight",
            "block.0.attn.proj_bn.running_var": "block.0.attn.proj.norm.running_var",
            "block.1.mlp.fc2_conv.bias": "block.1.mlp.fc2.bias",
        },
    ),
    "sdt-v2": (
        "sdt-v2-xs/cifar10",
        {},
        official.sdt_v2(widths=(16, 32, 48, 64), classes=10),
        set(),
        {
            "downsample1_1.encode_conv.bias": "stage.0.down.bias",
            "downsample1_2.encode_bn.weight": "stage.1.down.conv.norm.weight",
            "ConvBlock2_2.0.Conv.dwconv.weight": "stage.2.block.1.sep.depthwise.weight",
            "ConvBlock2_1.0.bn1.bias": "stage.2.block.0.channel.expand.norm.bias",
            "block3.5.attn.q_conv.0.body.0.weight": "stage.3.block.5.attn.q.conv1.weight",
            "block3.0.attn.k_conv.0.body.1.bn.bias": "stage.3.block.0.attn.k.conv1.norm.bias",
            "block4.1.attn.v_conv.0.body.2.0.weight": "stage.4.block.1.attn.v.depthwise.weight",
            "block4.1.attn.v_conv.0.body.2.1.weight": "stage.4.block.1.attn.v.conv2.weight",
            "block4.0.attn.q_conv.0.body.2.2.bias": "stage.4.block.0.attn.q.conv2.norm.bias",
            "block4.0.attn.proj_conv.1.weight": "stage.4.block.0.attn.proj.norm.weight",
            "block3.2.mlp.fc1_conv.weight": "stage.3.block.2.mlp.fc1.weight",
        },
    ),
    "qkformer-cifar": (
        "qkformer-4-64/cifar10",
        {},
        official.qkformer("cifar10", d=64, blocks=(1, 1, 2)),
        set(),
        {
            "patch_embed1.proj_conv.weight": "stage.1.embed.conv0.weight",
            "patch_embed1.proj_res_bn.weight": "stage.1.embed.skip.norm.weight",
            "patch_embed2.proj3_conv.weight": "stage.2.embed.conv1.weight",
            "patch_embed3.proj4_bn.bias": "stage.3.embed.conv2.norm.bias",
            "stage1.0.tssa.q_conv.weight": "stage.1.block.0.attn.q.weight",
            "stage3.1.ssa.v_bn.running_mean": "stage.3.block.1.attn.v.norm.running_mean",
            "stage2.0.mlp.mlp2_conv.weight": "stage.2.block.0.mlp.fc2.weight",
        },
    ),
    "qkformer-events": (
        "qkformer-2-256/cifar10-dvs",
        {},
        official.qkformer("dvs", d=256, blocks=(1, 1), channels=2, ratio=1),
        set(),
        {
            "patch_embed1.proj3_conv.weight": "stage.1.embed.conv3.weight",
            "patch_embed2.proj_conv.weight": "stage.2.embed.conv1.weight",
            "stage2.0.ssa.k_conv.weight": "stage.2.block.0.attn.k.weight",
        },
    ),
    "spikingbert": (
        "spikingbert-2-64/movie-reviews",
        {},
        official.spikingbert(encoders=2, d=64, vocabulary=8192, positions=64),
        {
            name
            for name in official.spikingbert(encoders=2, d=64).parameters
            if name.startswith(("snn_", "fit_dense", "pooler_layer", "network_s13"))
        },
        {
            "network_x.token_type_embeddings.weight": "embedding.segments.weight",
            "network_x.position_embeddings.weight": "embedding.positions.weight",
            "network_s1.dense.weight": "encoder.0.attn.k.weight",
            "network_s8.dense.weight": "encoder.1.attn.v.weight",
            "network_s9.query.bias": "encoder.1.attn.q.bias",
            "network_s10.LayerNorm.weight": "encoder.1.attn.output.norm.weight",
            "network_s5.dense.weight": "encoder.0.mlp.intermediate.weight",
            "network_s6.dense.weight": "encoder.0.mlp.output.linear.weight",
            "classification.weight": "head.weight",
        },
    ),
    "spikingresformer": (
        "spikingresformer-xs/cifar10",
        {},
        official.spikingresformer(
            widths=(16, 48, 96), heads=(1, 3, 6), classes=10, kernel=3, group=16
        ),
        set(),
        {
            "prologue.0.weight": "stem.weight",
            "layers.0.0.W.weight": "stage.0.block.0.attn.patch.weight",
            "layers.1.0.conv.weight": "stage.1.down.conv.weight",
            "layers.1.3.norm_proj.bn.bias": "stage.1.block.1.attn.proj.norm.bias",
            "layers.2.6.down.1.weight": "stage.2.block.2.mlp.down.weight",
            "layers.2.5.firing_rate_x": "stage.2.block.2.attn.map.rate.running_rate",
            "layers.2.1.firing_rate_attn": "stage.2.block.0.attn.mix.rate.running_rate",
            "classifier.weight": "head.weight",
        },
    ),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def test_every_tensor_lands_and_nothing_is_left(case):
    name, overrides, listing, dead, by_hand = case
    model, state = build(name, **overrides), listing.state()
    report = import_state_dict(model, state)
    own = model.state_dict()
    assert set(report.skipped) == dead
    assert report.loaded == len(own) == len(state) - len(dead)
    # Values are all different, so equal values are the same tensor: each is there once.
    left = {digest(tensor) for key, tensor in state.items() if key not in dead}
    assert {digest(tensor) for tensor in own.values()} == left
    assert len(left) == len(own)
    for theirs, ours in by_hand.items():
        assert torch.equal(own[ours], state[theirs].reshape(own[ours].shape)), theirs


def digest(tensor):
    return tensor.numel(), tensor.flatten()[:3].tolist().__repr__()


def test_the_report_says_where_the_names_were_read():
    listing = official.spikformer("cifar10", d=64, depth=2)
    report = import_state_dict(build("spikformer-2-64/cifar10"), listing.state())
    assert report.origin.startswith("ZK-Zhou/spikformer:")
    assert report.renamed == report.loaded - 2  # all but the head
    assert ImportReport.from_json(report.to_json()) == report


def test_every_table_cites_its_source():
    for key_map in KEY_MAPS.values():
        assert "/" in key_map.origin
        assert ".py" in key_map.origin


def test_dead_parameters_land_where_the_model_has_them():
    listing = official.spikformer("cifar10", d=64, depth=2)
    model = build("spikformer-2-64/cifar10", legacy_dead_parameters=True)
    state = listing.state()
    report = import_state_dict(model, state)
    assert report.skipped == ()
    assert torch.equal(model.block[1].norm2.weight, state["block.1.norm2.weight"])


@pytest.mark.parametrize(("encoders", "feedback"), [(2, "network_s13"), (4, "network_s25")])
def test_dead_layers_of_spikingbert_land_where_the_model_has_them(encoders, feedback):
    listing = official.spikingbert(encoders=encoders, d=24, vocabulary=40, positions=512)
    state = listing.state()
    model = build(
        f"spikingbert-{encoders}/sst2", width=24, vocabulary=40, legacy_dead_parameters=True
    )
    report = import_state_dict(model, state)
    assert all(name.startswith("snn_") for name in report.skipped)  # copies under other names
    assert torch.equal(model.unused.feedback.weight, state[f"{feedback}.fc.weight"])
    assert torch.equal(model.unused.pooler.bias, state["pooler_layer.dense.bias"])
    assert torch.equal(model.unused.fit_dense.weight, state["fit_dense.weight"])


def test_checkpoints_are_unwrapped():
    listing = official.spikformer("cifar10", d=64, depth=2)
    state = listing.state()
    wrapped = {"epoch": 3, "state_dict": {f"module.{key}": value for key, value in state.items()}}
    model = build("spikformer-2-64/cifar10")
    report = import_state_dict(model, wrapped)
    assert report.unwrapped == ("state_dict, leaving epoch", "module.")
    assert torch.equal(model.head.weight, state["head.weight"])


def test_the_heads_of_a_distilled_model_become_their_average():
    state = official.sdt_v2(widths=(16, 32, 48, 64), classes=10, distilled=True).state()
    model = build("sdt-v2-xs/cifar10")
    import_state_dict(model, state)
    torch.testing.assert_close(model.head.bias, (state["head.bias"] + state["head_kd.bias"]) / 2)


def test_heads_that_do_not_fit_each_other_are_listed():
    state = official.sdt_v2(widths=(16, 32, 48, 64), classes=10, distilled=True).state()
    state["head_kd.weight"] = torch.zeros(7, 64)
    with pytest.raises(InputError, match=r"got 1 unexpected: head_kd\.weight"):
        import_state_dict(build("sdt-v2-xs/cifar10"), state)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (torch.zeros(10, device="meta"), r"dense tensors with values; got torch\.strided on meta"),
        (torch.zeros(10).to_sparse(), r"dense tensors with values; got torch\.sparse_coo on cpu"),
        (torch.zeros(10, dtype=torch.complex64), r"floating-point weights; got torch\.complex64"),
        (torch.full((10,), torch.nan), r"must be finite in torch\.float32; got NaN"),
    ],
)
def test_a_tensor_that_cannot_be_loaded_leaves_the_model_unchanged(tensor, message):
    state = official.spikformer("cifar10", d=64, depth=2).state()
    state["head.bias"] = tensor  # the last to be copied
    model = build("spikformer-2-64/cifar10")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError, match=message):
        import_state_dict(model, state)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_learnt_time_constants_change_their_sign():
    listing = official.spikingresformer(
        widths=(32, 96, 192), heads=(1, 3, 6), classes=11, kernel=3, group=32, learnt=True
    )
    model, state = build("spikingresformer-dvsg/dvs128-gesture"), listing.state()
    import_state_dict(model, state)
    leak = model.get_submodule("stage.1.block.0.mlp.lif2").lif.leak
    # Theirs is the logit of 1 / tau; a step keeps 1 - 1 / tau of the membrane.
    torch.testing.assert_close(leak, 1 - torch.sigmoid(state["layers.1.2.conv.0.0.w"]))


def test_missing_unexpected_and_misshapen_keys_are_all_listed():
    state = official.spikformer("cifar10", d=64, depth=2).state()
    for part in "qkv":
        del state[f"block.0.attn.{part}_bn.weight"], state[f"block.1.attn.{part}_bn.weight"]
    state["extra.weight"] = torch.zeros(2)
    state["head.weight"] = torch.zeros(10, 65)
    model = build("spikformer-2-64/cifar10")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError) as refused:
        import_state_dict(model, state)
    message = str(refused.value)
    assert "6 missing: block.0.attn.q.norm.weight, " in message
    assert "block.1.attn.k.norm.weight, and 1 more; 1 unexpected: extra.weight" in message
    assert "1 mis-shaped: head.weight [10, 65] for head.weight [10, 64]" in message
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_a_model_of_another_form_is_refused():
    state = official.spikformer("imagenet", d=64, depth=2).state()
    with pytest.raises(InputError, match=r"missing: block\.0\.attn\.q\.bias"):
        import_state_dict(build("spikformer-2-64/cifar10"), state)


def test_values_must_be_finite_in_the_type_of_the_model():
    state = official.spikformer("cifar10", d=64, depth=2).state()
    state["head.bias"] = torch.full((10,), 1e300, dtype=torch.float64)
    with pytest.raises(InputError, match=r"`state` must be finite in torch\.float32; got NaN or"):
        import_state_dict(build("spikformer-2-64/cifar10"), state)
    state["head.bias"] = torch.arange(10)
    with pytest.raises(InputError, match=r"must hold floating-point weights; got torch\.int64"):
        import_state_dict(build("spikformer-2-64/cifar10"), state)


def test_a_source_that_pools_otherwise_is_refused():
    with pytest.raises(InputError, match="must be built with pool_first=True for weights of spik"):
        import_state_dict(build("spikformer-2-64/cifar10"), {}, source="spikingjelly")


def test_unknown_sources_and_families_are_refused():
    model = build("spikformer-2-64/cifar10")
    with pytest.raises(InputError, match="`source` must be one of official, spikingjelly; got 'au"):
        import_state_dict(model, {}, source="authors")
    with pytest.raises(InputError, match=r"family that has an importer for 'spikingjelly' \(qkf"):
        import_state_dict(build("spikingformer-2-64/cifar10"), {}, source="spikingjelly")


def test_a_dictionary_that_holds_itself_is_refused():
    state = {"epoch": 1}
    state["model"] = state
    with pytest.raises(InputError, match="got the keys epoch, model"):
        import_state_dict(build("spikformer-2-64/cifar10"), state)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "got an empty one"),
        ({"epoch": 1, "args": None}, "got the keys epoch, args"),
        ({"a": torch.zeros(1), "b": 3}, "must hold tensors only; got int under 'b'"),
        ({"state_dict": {}}, "got an empty one"),
    ],
)
def test_what_holds_no_tensors_is_refused(state, message):
    with pytest.raises(InputError, match=message):
        import_state_dict(build("spikformer-2-64/cifar10"), state)
