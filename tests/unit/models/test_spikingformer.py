"""Spikingformer: what its products read, its switches, and every refusal."""

import pytest
import torch
from tests.model_examples import images, live_model

from spikedim._core import InputError
from spikedim.models import build, card
from spikedim.models.layers import AbstractAttentionProduct, AbstractProduct, ProductOrder

SMALL = "spikingformer-2-64/digits"


def inputs_of_products(model, x):
    """Everything that products read in one forward pass, by name."""
    seen, handles = {}, []
    for name, module in model.named_modules():
        if isinstance(module, AbstractProduct):
            handles.append(
                module.register_forward_pre_hook(
                    lambda _, args, name=name: seen.update({name: args[0]})
                )
            )
        elif isinstance(module, AbstractAttentionProduct):
            handles.append(
                module.register_forward_pre_hook(
                    lambda _, args, name=name: seen.update(
                        {f"{name}.{part}": q for part, q in zip("qkv", args, strict=False)}
                    )
                )
            )
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return seen


def is_binary(x):
    return bool(((x == 0) | (x == 1)).all())


@pytest.mark.parametrize("pool_first", [False, True])
@pytest.mark.parametrize("name", [SMALL, "spikingformer-2-64/mnist"])
def test_every_product_but_the_first_reads_zeros_and_ones(name, pool_first):
    model = live_model(name, pool_first=pool_first)
    seen = inputs_of_products(model, images(model, 4))
    products = {row.name for row in model.card.layers if row.kind in ("conv", "linear")}
    assert {key for key in seen if "product" not in key} == products
    assert {key for key, x in seen.items() if not is_binary(x)} == {"stem.conv0"}
    assert all(x.any() for x in seen.values())  # and none of them is silent
    assert len(seen) == len(products) + 2 * 3


def test_products_of_spikformer_read_integers():
    # The same question has another answer where residuals add spikes.
    model = live_model("spikformer-2-64/digits")
    seen = inputs_of_products(model, images(model, 4))
    odd = {key for key, x in seen.items() if not is_binary(x)}
    assert "block.0.attn.q" in odd
    assert "block.0.mlp.fc2" not in odd


def test_the_stream_between_blocks_is_currents():
    model = live_model(SMALL)
    caught = []
    model.block[1].register_forward_pre_hook(lambda _, args: caught.append(args[0]))
    model(images(model))
    assert caught[0].min() < 0
    assert (caught[0] % 1).std() > 0.1


def test_the_head_reads_currents_without_neurons():
    model = live_model(SMALL)
    x = images(model)
    caught = []
    model.head.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
    model(x)
    assert model.head_lif is None
    assert caught[0].min() < 0


def test_either_order_of_the_product_gives_the_same_spikes():
    model = live_model(SMALL)
    x = images(model)
    first = model.forward_with_states(x)
    assert {b.attn.product.order for b in model.block} == {ProductOrder.QUERIES_KEYS}
    for block in model.block:
        block.attn.product.order = ProductOrder.KEYS_VALUES
    second = model.forward_with_states(x)
    for key, found in first.populations.items():
        assert torch.equal(found.spikes, second.populations[key].spikes), key
    assert torch.equal(first.outputs, second.outputs)


def test_imagenet_multiplies_keys_and_values_first():
    model = build("spikingformer-8-384/imagenet", device="meta")
    assert {b.attn.product.order for b in model.block} == {ProductOrder.KEYS_VALUES}
    assert {b.attn.product.scale for b in model.block} == {0.125}


def test_pooling_currents_first_changes_where_neurons_are_and_no_weight():
    plain, cml = live_model(SMALL), live_model(SMALL, pool_first=True)
    assert cml.card.parameters == plain.card.parameters
    assert cml.card.macs == plain.card.macs
    x = images(plain)
    trace = cml.forward_with_states(x)
    shapes = {key: t.spikes.shape[2:] for key, t in trace.populations.items()}
    assert shapes == {p.name: (p.tokens, p.features) for p in cml.card.populations}
    assert shapes["stem.lif4"] == (16, 64)  # 8 x 8 pixels halved in front of the neurons
    cml.load_state_dict(plain.state_dict())
    assert not torch.equal(cml(x), plain(x))


def test_a_maximum_of_currents_is_not_a_maximum_of_spikes_over_time():
    # At the first step pooling commutes with the threshold; later membranes differ.
    plain, cml = live_model(SMALL), live_model(SMALL, pool_first=True)
    cml.load_state_dict(plain.state_dict())
    x = images(plain)
    torch.testing.assert_close(cml(x, steps=1), plain(x, steps=1), rtol=1e-9, atol=1e-12)
    assert not torch.allclose(cml(x, steps=3), plain(x, steps=3))


@pytest.mark.parametrize("name", ["spikingformer-4-384/cifar10", "spikingformer-8-384/imagenet"])
def test_the_released_count_has_dead_layer_norms(name):
    released = build(name, device="meta", legacy_dead_parameters=True)
    assert sum(p.numel() for p in released.parameters()) == card(name).parameters_released
    assert sum(p.numel() for p in build(name, device="meta").parameters()) == card(name).parameters


def test_dead_layer_norms_change_nothing():
    plain, legacy = live_model(SMALL), live_model(SMALL, legacy_dead_parameters=True)
    missing = legacy.load_state_dict(plain.state_dict(), strict=False)
    assert {key.rsplit(".", 2)[1] for key in missing.missing_keys} == {"norm1", "norm2"}
    assert missing.unexpected_keys == []
    x = images(plain)
    assert torch.equal(plain(x), legacy(x))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"width": 36, "heads": 2}, r"`width` must be divisible by 8, since .* 1/8 of it; got 36"),
        ({"side": 7}, r"`side` must be divisible by 2, .*; got 7"),
        ({"heads": 3}, r"`heads` must divide the width 64; got 3"),
        (
            {"legacy_batch_leak": True},
            r"`overrides` must be among .* for spikingformer; got 'legacy_",
        ),
        ({"qk_axis": "channel"}, r"`overrides` must be among .* for spikingformer; got 'qk_axis'"),
    ],
)
def test_refuses_with_one_sentence(overrides, message):
    with pytest.raises(InputError, match=rf"^build: .*{message}"):
        build(SMALL, **overrides)


def test_refuses_an_image_of_another_size():
    with pytest.raises(InputError, match=r"^forward: `x` must be images \[B, 1, 8, 8\]"):
        build(SMALL)(torch.zeros(2, 1, 9, 8))


def test_the_twin_reads_rates_everywhere():
    twin = live_model(f"{SMALL}:softmax")
    seen = inputs_of_products(twin, images(twin))
    odd = {key for key, x in seen.items() if ((x < 0) | (x > 1)).any()}
    assert odd == {"stem.conv0"}
