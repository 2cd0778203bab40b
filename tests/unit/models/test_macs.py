"""MACs per time step against forward passes of the official modules on the meta device.

Numbers as printed in section 1.2 of the architectures page: convolutions and products in G,
attention in M, first convolution in M.
"""

import pytest

from spikedim.models import card

# name, conv + linear (G) and its last printed digit, attention (M) and its, first conv (M) and its
GOLDEN = [
    ("spikformer-4-256/cifar10", 0.4098, 1e-4, 8.4, 0.1, 0.885, 1e-3),
    ("spikformer-2-384/cifar10", 0.6950, 1e-4, 6.3, 0.1, 1.327, 1e-3),
    ("spikformer-4-384/cifar10", 0.9215, 1e-4, 12.6, 0.1, 1.327, 1e-3),
    ("sdt-v1-2-512/cifar10", 1.2349, 1e-4, 0.0, 0.1, 1.769, 1e-3),
    ("qkformer-4-384/cifar10", 1.5113, 1e-4, 4.7, 0.1, 1.327, 1e-3),
    ("spikingresformer-ti/cifar10", 1.1851, 1e-4, 30.4, 0.1, 1.769, 1e-3),
    *(
        row
        for family, spends in (("spikformer", 1), ("spikingformer", 1), ("sdt-v1", 0))
        for row in (
            (f"{family}-8-384/imagenet", 4.6607, 1e-4, 57.8 * spends, 0.1, 65.03, 1e-2),
            (f"{family}-6-512/imagenet", 7.0235, 1e-4, 77.1 * spends, 0.1, 86.70, 1e-2),
            (f"{family}-8-512/imagenet", 8.2567, 1e-4, 102.8 * spends, 0.1, 86.70, 1e-2),
            (f"{family}-10-512/imagenet", 9.4898, 1e-4, 128.5 * spends, 0.1, 86.70, 1e-2),
            (f"{family}-8-768/imagenet", 18.512, 1e-3, 231.2 * spends, 0.1, 130.06, 1e-2),
        )
    ),
    ("sdt-v2-15m/imagenet", 6.441, 1e-3, 32.0, 0.1, 59.01, 1e-2),
    ("sdt-v2-31m/imagenet", 13.951, 1e-3, 65.9, 0.1, 88.51, 1e-2),
    ("sdt-v2-55m/imagenet", 24.699, 1e-3, 117.2, 0.1, 118.01, 1e-2),
    ("qkformer-10-384/imagenet", 5.831, 1e-3, 67.4, 0.1, 65.03, 1e-2),
    ("qkformer-10-512/imagenet", 10.338, 1e-3, 89.9, 0.1, 86.70, 1e-2),
    ("qkformer-10-768/imagenet", 23.194, 1e-3, 134.9, 0.1, 130.06, 1e-2),
    ("qkformer-10-768/imagenet-288", 38.34, 1e-2, 223, 1, 215.0, 0.1),
    ("qkformer-10-768/imagenet-384", 68.16, 1e-2, 396, 1, 382.2, 0.1),
    ("spikingresformer-ti/imagenet", 3.742, 1e-3, 285, 1, 118.0, 0.1),
    ("spikingresformer-s/imagenet", 5.513, 1e-3, 354, 1, 118.0, 0.1),
    ("spikingresformer-m/imagenet", 10.202, 1e-3, 492, 1, 118.0, 0.1),
    ("spikingresformer-l/imagenet", 17.655, 1e-3, 708, 1, 236.0, 0.1),
]


@pytest.mark.parametrize(
    ("name", "layers", "d1", "attention", "d2", "first", "d3"), GOLDEN, ids=[g[0] for g in GOLDEN]
)
def test_macs_to_the_printed_precision(name, layers, d1, attention, d2, first, d3):
    found = card(name)
    # Half a unit of the last digit, with room for one printed half rounded either way.
    assert (found.macs - found.attention_macs) / 1e9 == pytest.approx(layers, abs=0.51 * d1)
    assert found.attention_macs / 1e6 == pytest.approx(attention, abs=0.51 * d2)
    assert found.first_macs / 1e6 == pytest.approx(first, abs=0.51 * d3)


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        ("spikformer-4-384/cifar10", 27 * 48 * 32 * 32),
        ("spikformer-8-512/imagenet", 86_704_128),  # 27 * 64 * 224 * 224
        ("spikingresformer-l/imagenet", 147 * 128 * 112 * 112),
        ("sdt-v2-31m/imagenet", 147 * 48 * 112 * 112),
        ("spikformer-2-64/digits", 9 * 8 * 8 * 8),
    ],
)
def test_first_convolution_to_the_integer(name, macs):
    assert card(name).first_macs == macs


def test_head_and_query_to_the_integer():
    rows = {row.name: row for row in card("spikformer-4-384/cifar100").layers}
    assert rows["head"].macs == 384 * 100
    assert rows["block.3.attn.q"].macs == 64 * 384 * 384
