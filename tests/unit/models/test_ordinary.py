"""Ordinary networks where they are not what the contract of all families says already."""

import pytest
import torch
from tests import official_examples as official
from tests.model_examples import images, live_model

from spikedim._core import InputError
from spikedim.models import Card, Coding, build, card, family, import_state_dict
from spikedim.models.layers import ForwardPass, OrdinaryPopulation

SMALL = "spikformer-2-64/digits"


def test_a_coding_says_what_it_is():
    assert [each.value for each in Coding] == ["spikes", "rates", "activations"]
    assert [each.spiking for each in Coding] == [True, False, False]
    assert [each.suffix for each in Coding] == ["", ":softmax", ":ann"]
    assert Coding.ACTIVATIONS.network == "an ordinary network"


@pytest.mark.parametrize("suffix", ["", ":softmax", ":ann"])
def test_a_card_knows_its_coding_by_its_name(suffix):
    found = card(f"{SMALL}{suffix}")
    assert (found.coding.suffix, found.base) == (suffix, SMALL)
    assert Card.from_json(found.to_json()) == found
    assert build(f"{SMALL}{suffix}", device="meta", depth=1).card.coding is found.coding


def test_a_rectifier_cuts_and_a_bare_place_does_not():
    x = torch.tensor([[[[-1.0, 0.0, 2.0]]]])
    context = ForwardPass(1)
    assert OrdinaryPopulation(rectified=True)(x, context).tolist() == [[[[0.0, 0.0, 2.0]]]]
    assert torch.equal(OrdinaryPopulation(rectified=False)(x, context), x)
    assert repr(OrdinaryPopulation(rectified=True)) == "OrdinaryPopulation(rectified=True)"


def test_padding_is_silent():
    context = ForwardPass(1)
    context.mask = torch.tensor([[True, False]])
    x = torch.ones(1, 1, 2, 3)
    got = OrdinaryPopulation(rectified=False)(x, context)
    assert got[0, 0].tolist() == [[1.0] * 3, [0.0] * 3]


def test_nothing_is_learnt_of_neurons():
    model = build("spikingresformer-dvsg/dvs128-gesture:ann", device="meta")
    spiking = card(model.card.base)
    assert sum(p.numel() for p in model.parameters()) == spiking.parameters - len(
        spiking.populations
    )
    assert not [key for key, _ in model.named_parameters() if "leak" in key]


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("sdt-v1-2-256/cifar10-dvs:ann", {"side": 16, "width": 32, "heads": 2}),  # it dilates
        (f"{SMALL}:ann", {"pool_first": True, "product_bias": False}),
        ("sdt-v2-xs-fused/digits:ann", {}),
        ("spikingresformer-ti/imagenet:ann", {"side": 32}),
    ],
)
def test_switches_and_forms_run(name, overrides):
    model = live_model(name, **overrides)
    outputs = model(images(model, 2))
    assert outputs.isfinite().all()
    assert sum(p.numel() for p in model.parameters()) == model.card.parameters


@pytest.mark.parametrize(
    ("overrides", "name"),
    [({"qk_axis": "channel"}, "qk_axis"), ({"legacy_batch_leak": True}, "legacy_batch_leak")],
)
def test_masks_and_membranes_cannot_be_chosen(overrides, name):
    with pytest.raises(
        InputError, match=rf"^build: `{name}` must be absent for an ordinary network, which has ne"
    ):
        build("qkformer-4-64/mnist:ann", **overrides)


def test_released_weights_land():
    released = official.spikformer("cifar10", d=64, depth=2).state()
    found = {
        name: build(name) for name in ("spikformer-2-64/cifar10", "spikformer-2-64/cifar10:ann")
    }
    for model in found.values():
        import_state_dict(model, released)
    spiking, ordinary = (model.state_dict() for model in found.values())
    assert spiking.keys() == ordinary.keys()
    assert all(torch.equal(ordinary[key], value) for key, value in spiking.items())


def test_families_without_softmax_attention_have_none():
    for name in ("spikegpt", "spiliformer"):
        assert not family(name).has_twin
        with pytest.raises(InputError, match=rf"^build: `name` must have no suffix for {name}"):
            build(f"{family(name).models[0]}:ann")
