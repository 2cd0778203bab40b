"""Parameter counts against the integers of the instantiated official modules.

Each row was reproduced from the released code (architectures page, section 1.1), except those
marked derived. `released` counts every parameter of the released module, `used` leaves out what
its forward pass never touches.
"""

import pytest

from spikedim.models import card, names

# name, released, without the parameters that do nothing
GOLDEN = [
    ("spikformer-4-256/cifar10", 4_159_274, 4_155_178),
    ("spikformer-4-256/cifar100", 4_182_404, 4_178_308),
    ("spikformer-2-384/cifar10", 5_768_122, 5_765_050),
    ("spikformer-2-384/cifar100", 5_802_772, 5_799_700),
    ("spikformer-4-384/cifar10", 9_330_874, 9_324_730),
    ("spikformer-4-384/cifar100", 9_365_524, 9_359_380),
    ("spikformer-8-384/imagenet", 16_828_312, 16_816_024),
    ("spikformer-6-512/imagenet", 23_385_640, 23_373_352),
    ("spikformer-8-512/imagenet", 29_705_768, 29_689_384),
    ("spikformer-10-512/imagenet", 36_025_896, 36_005_416),
    ("spikformer-8-768/imagenet", 66_363_208, 66_338_632),
    # 2,583,050 is printed "without LayerNorm"; the dead positional embedding is 64 * 256 more
    ("spikformer-2-256/cifar10-dvs", 2_585_610, 2_583_050 - 64 * 256),
    ("spikingformer-4-256/cifar10", 4_156_202, 4_156_202 - 4 * 256 * 4),
    ("spikingformer-2-384/cifar10", 5_765_818, 5_765_818 - 4 * 384 * 2),
    ("spikingformer-4-384/cifar10", 9_326_266, 9_326_266 - 4 * 384 * 4),
    ("spikingformer-8-384/imagenet", 16_828_312, 16_816_024),
    ("spikingformer-6-512/imagenet", 23_385_640, 23_373_352),
    ("spikingformer-8-512/imagenet", 29_705_768, 29_689_384),
    ("spikingformer-10-512/imagenet", 36_025_896, 36_005_416),
    ("spikingformer-8-768/imagenet", 66_363_208, 66_338_632),
    # 8 x 8 unused talking heads a block
    ("sdt-v1-8-384/imagenet", 16_816_536, 16_816_536 - 64 * 8),
    ("sdt-v1-6-512/imagenet", 23_373_736, 23_373_736 - 64 * 6),
    ("sdt-v1-8-512/imagenet", 29_689_896, 29_689_896 - 64 * 8),
    ("sdt-v1-10-512/imagenet", 36_006_056, 36_006_056 - 64 * 10),
    ("sdt-v1-8-768/imagenet", 66_339_144, 66_339_144 - 64 * 8),
    ("sdt-v1-2-512/cifar10", 10_233_546, 10_233_546 - 64 * 2),
    ("sdt-v1-2-512/cifar100", 10_279_716, 10_279_716 - 64 * 2),
    ("sdt-v1-2-256/cifar10-dvs", 2_566_794, 2_566_794 - 64 * 2),
    ("sdt-v2-15m/imagenet", 15_112_208, 15_112_208),
    ("sdt-v2-31m/imagenet", 31_333_864, 31_333_864),
    ("sdt-v2-55m/imagenet", 55_350_248, 55_350_248),
    ("sdt-v2-55m-fused/imagenet", 122_119_144, 122_119_144),
    ("sdt-v2-124m/imagenet", 123_741_160, 123_741_160),
    ("qkformer-10-384/imagenet", 16_473_688, 16_473_688),
    ("qkformer-10-512/imagenet", 29_079_336, 29_079_336),
    ("qkformer-10-768/imagenet", 64_962_760, 64_962_760),
    ("qkformer-4-384/cifar10", 6_706_234, 6_706_234),
    ("qkformer-4-384/cifar100", 6_740_884, 6_740_884),
    ("qkformer-2-256/cifar10-dvs", 1_504_138, 1_504_138),
    ("qkformer-2-256/dvs128-gesture", 1_999_371, 1_999_371),
    ("spikingresformer-ti/imagenet", 11_180_992, 11_180_992),
    ("spikingresformer-s/imagenet", 17_813_824, 17_813_824),
    ("spikingresformer-m/imagenet", 35_601_472, 35_601_472),
    ("spikingresformer-l/imagenet", 60_375_680, 60_375_680),
    ("spikingresformer-ti/cifar10", 10_793_152, 10_793_152),
    ("spikingresformer-ti/cifar100", 10_827_712, 10_827_712),
    ("spikingresformer-dvsg/dvs128-gesture", 2_709_830, 2_709_830),
    # derived from the published description, not from code
    ("spiliformer-4-384/cifar10", 7_003_450, 7_003_450),
    ("spiliformer-4-384/cifar100", 7_038_100, 7_038_100),
    ("spiliformer-10-768/imagenet", 69_103_816, 69_103_816),
    ("spiliformer-2-256/cifar10-dvs", 1_570_698, 1_570_698),
    ("spikegpt-216m/text", 215_399_424, 215_399_424),
]


@pytest.mark.parametrize(("name", "released", "used"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_counts_equal_the_official_modules(name, released, used):
    found = card(name)
    assert (found.parameters_released, found.parameters) == (released, used)


@pytest.mark.parametrize(
    ("name", "without_norm"),
    [
        ("spikingresformer-ti/imagenet", 11_141_312),
        ("spikingresformer-s/imagenet", 17_761_472),
        ("spikingresformer-m/imagenet", 35_523_776),
        ("spikingresformer-l/imagenet", 60_270_976),
    ],
)
def test_spikingresformer_without_batchnorm(name, without_norm):
    found = card(name)
    assert found.parameters - found.norm_parameters == without_norm


@pytest.mark.parametrize(
    ("name", "millions"), [("sdt-v2-15m-fused", 33.27), ("sdt-v2-31m-fused", 68.85)]
)
def test_fused_spike_driven_transformer_in_millions(name, millions):
    assert card(name).parameters / 1e6 == pytest.approx(millions, abs=0.005)


def test_spikingbert_in_millions():
    found = card("spikingbert-4/sst2")
    rows = {row.name: row.parameters for row in found.layers}
    encoder = sum(n for name, n in rows.items() if name.startswith("encoder.0."))
    assert encoder == 7_087_872
    assert rows["embedding"] / 1e6 == pytest.approx(23.84, abs=0.005)
    assert found.parameters / 1e6 == pytest.approx(52.19, abs=0.005)
    # The released feedback layer has no bias: SNNFC(d, d) of snn_modules.py.
    assert found.parameters_released == found.parameters + 3 * 768**2 + 2 * 768
    assert found.parameters_released / 1e6 == pytest.approx(53.96, abs=0.005)


def test_spikegpt_default_depth_without_its_vocabulary():
    found = card("spikegpt-24-768")
    tables = 2 * found.width * found.classes
    assert (found.parameters - tables) / 1e6 == pytest.approx(184.2, abs=0.05)


# Fused forms are what a trained small model becomes, and larger.
SMALL = [
    name
    for name in names()
    if any("not a published size" in note for note in card(name).notes) and "-fused/" not in name
]


@pytest.mark.parametrize("name", SMALL)
def test_small_sizes_stay_below_the_budget_of_shipped_runs(name):
    found = card(name)
    assert found.parameters_released <= 700_000
    assert found.published_parameters == ""


def test_families_have_small_sizes():
    assert {name.partition("-")[0] for name in SMALL} >= {"spikformer", "spikingformer", "qkformer"}
    assert "spikformer-2-128/fashion-mnist" in SMALL


@pytest.mark.parametrize(
    ("depth", "d", "n", "channels"), [(2, 64, 10, 1), (2, 128, 10, 3), (4, 384, 100, 3)]
)
def test_spikformer_closed_form(depth, d, n, channels):
    dataset = {1: "mnist", 3: "cifar10" if n == 10 else "cifar100"}[channels]
    stem = 9 * (channels * d // 8 + d * d // 32 + d * d // 8 + d * d // 2 + d * d) + 23 * d // 4
    blocks = depth * (12 * d * d + 27 * d)
    assert card(f"spikformer-{depth}-{d}/{dataset}").parameters == stem + blocks + d * n + n
