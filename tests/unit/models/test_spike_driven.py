"""Both spike-driven transformers: what their products read, switches, shapes, every refusal."""

import pytest
import torch
from tests.model_examples import images, live_model

from spikedim._core import InputError
from spikedim.models import build, card
from spikedim.models.layers import AbstractProduct, ConvNorm, LinearNorm

EVENTS = "sdt-v1-2-256/cifar10-dvs"
SMALL_EVENTS = {"side": 24, "width": 48, "heads": 4}


def reads(model):
    """Whether each product read only zeros and ones, by name, and none silent."""
    seen, handles = {}, []
    for name, module in model.named_modules():
        if isinstance(module, AbstractProduct):

            def watch(_, args, name=name):
                x = args[0]
                assert x.any(), name
                seen[name] = bool(((x == 0) | (x == 1)).all())

            handles.append(module.register_forward_pre_hook(watch))
    with torch.no_grad():
        model(images(model, 4))
    for handle in handles:
        handle.remove()
    return seen


def inner(name):
    """Say whether a product stands behind another one without neurons between them."""
    return name.endswith("sep.reduce") or (
        ".attn." in name and name.endswith((".depthwise", ".conv2"))
    )


@pytest.mark.parametrize(
    ("name", "overrides", "first"),
    [
        ("sdt-v1-2-64/digits", {}, "stem.conv0"),
        ("sdt-v1-2-64/cifar10", {}, "stem.conv0"),
        (EVENTS, SMALL_EVENTS, "stem.conv0"),
        ("sdt-v2-xs/digits", {}, "stage.0.down"),
        ("sdt-v2-xs-fused/digits", {}, "stage.0.down"),
    ],
)
def test_every_product_reads_zeros_and_ones_but_the_stem_and_interiors(name, overrides, first):
    seen = reads(live_model(name, **overrides))
    products = {r.name for r in card(name).layers if r.macs and r.kind not in ("head", "attention")}
    assert products <= set(seen)
    want = {key for key in seen if inner(key)} | {first}
    assert {key for key, binary in seen.items() if not binary} == want


def test_a_fused_version_2_reads_real_values_only_inside_its_separable_convolutions():
    seen = reads(live_model("sdt-v2-xs-fused/digits"))
    real = {key for key, binary in seen.items() if not binary} - {"stage.0.down"}
    assert len(real) == 4
    assert all(key.endswith("sep.reduce") for key in real)


def test_the_released_count_has_dead_parameters_that_change_nothing():
    name = "sdt-v1-2-512/cifar10"
    released = build(name, device="meta", legacy_dead_parameters=True)
    assert sum(p.numel() for p in released.parameters()) == card(name).parameters_released
    assert card(name).parameters_released == 10_233_546
    small = build("sdt-v1-2-64/digits", dtype=torch.float64, legacy_dead_parameters=True)
    small(images(small, 4)).sum().backward()
    dead = [key for key, p in small.named_parameters() if p.grad is None]
    assert dead == [f"block.{i}.attn.talking_heads.weight" for i in range(2)]


def test_gates_are_one_token_and_twins_have_one_rate_a_token():
    for suffix, tokens in (("", 1), (":softmax", 16)):
        found = {p.name: p for p in card(f"sdt-v1-2-64/digits{suffix}").populations}
        assert found["block.0.attn.talking_heads_lif"].tokens == tokens
    assert card("sdt-v1-2-64/digits:softmax").attention_macs == 2 * 2 * 16**2 * 64
    assert card("sdt-v1-2-64/digits").attention_macs == 0


def test_heads_change_nothing_in_version_1_but_in_its_event_form():
    few, many = (live_model("sdt-v1-2-64/digits", heads=heads) for heads in (1, 4))
    x = images(few)
    assert torch.equal(few(x), many(x))
    few, many = (live_model(EVENTS, **{**SMALL_EVENTS, "heads": heads}) for heads in (1, 4))
    x = images(few)
    assert not torch.equal(few(x), many(x))


def test_thresholds_and_gates_of_the_attention():
    model = build("sdt-v1-2-64/digits")
    attn = model.block[0].attn
    assert attn.talking_heads_lif.lif.neuron.threshold == 0.5
    assert attn.q_lif.lif.neuron.threshold == 1.0
    other = build("sdt-v2-xs/digits").stage[3].block[0].attn
    assert other.attn_lif.lif.neuron.threshold == 0.5
    published = build("sdt-v2-15m/imagenet", device="meta").stage[3].block[0].attn
    assert (published.product.scale, other.product.scale) == (0.125, 0.5)


@pytest.mark.parametrize(("name", "normal"), [("sdt-v1-2-64/cifar10", True), ("sdt-v2-xs", False)])
def test_which_weights_start_normal(name, normal):
    model = build(name)
    products = [m for m in model.modules() if isinstance(m, ConvNorm | LinearNorm)]
    for product in products:
        deviation = product.weight.std().item()
        assert (deviation == pytest.approx(0.02, rel=0.1)) is normal, product
    assert (model.head.weight.std().item() == pytest.approx(0.02, rel=0.1)) is not normal


def test_the_stem_pools_spikes_but_currents_at_last():
    model = live_model("sdt-v1-2-64/mnist", depth=1)
    x = images(model)
    trace = model.forward_with_states(x, steps=3)
    assert trace.populations["stem.lif2"].spikes.shape[2] == 28 * 28
    assert trace.populations["stem.lif3"].spikes.shape[2] == 7 * 7


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("sdt-v1-2-64/digits", {"width": 36, "heads": 2}, r"`width` must be divisible by 8"),
        ("sdt-v1-2-64/cifar10", {"side": 30}, r"`side` must be divisible by 4.* got 30\. Use 28"),
        ("sdt-v1-2-64/digits", {"pool_first": True}, r"`overrides` must be among .* for sdt-v1"),
        ("sdt-v2-xs/cifar10", {"depth": 4}, r"`overrides` must be among .* for sdt-v2"),
        ("sdt-v2-xs/cifar10", {"width": 32}, r"`overrides` must be among .* for sdt-v2"),
        ("sdt-v2-xs/cifar10", {"heads": 64}, r"`heads` must divide the width of both .* 48 and 64"),
        ("sdt-v2-15m/imagenet", {"side": 200}, r"`side` must be divisible by 16.* got 200"),
        ("sdt-v2-15m/cifar10", {}, r"`name` must be the name of a model"),
    ],
)
def test_refuses_with_one_sentence(name, overrides, message):
    with pytest.raises(InputError, match=rf"^build: .*{message}"):
        build(name, device="meta", **overrides)


@pytest.mark.parametrize("name", ["sdt-v1-2-64/digits", "sdt-v2-xs/digits"])
def test_stochastic_depth_drops_branches_in_training_only(name):
    model, plain = build(name, dtype=torch.float64, drop_path=0.5), live_model(name)
    model.load_state_dict(plain.state_dict())
    x = images(model, 3)
    assert torch.equal(model.eval()(x, steps=1), plain(x, steps=1))

    def trained(seed):
        # The border of RepConv reads statistics that every pass in training moves.
        model.load_state_dict(plain.state_dict())
        return model.train()(x, steps=1, generator=torch.Generator().manual_seed(seed))

    with torch.no_grad():
        first, again, other = (trained(seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    with pytest.raises(InputError, match=r"`generator` must be a torch.Generator"):
        model(x)


def test_notes_say_what_is_not_published():
    assert "not a published size" in " ".join(card("sdt-v1-2-64/digits").notes)
    assert "not a published size" in " ".join(card("sdt-v2-xs/digits").notes)
    assert "not a published size" not in " ".join(card("sdt-v2-15m").notes)
