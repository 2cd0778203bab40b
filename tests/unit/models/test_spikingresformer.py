"""SpikingResformer as a whole: guard against dead attention, spikes only, shapes, leaks."""

import pytest
import torch
from tests.model_examples import generator, images, live_model

from spikedim._core import InputError
from spikedim.models import SpikingPopulation, build, card, names, recalibrate_norms
from spikedim.models.layers import AbstractProduct, RateScaledProduct, RunningRate
from spikedim.neurons import ATanSurrogate, LIFParameters

SMALL = "spikingresformer-xs/digits"
EVENTS = "spikingresformer-dvsg/dvs128-gesture"


def forget_rates(model):
    for module in model.modules():
        if isinstance(module, RunningRate):
            module.reset_running_stats()


def attention_of(trace):
    return {
        name: found
        for name, found in trace.populations.items()
        if name.endswith(("attn_lif", "out_lif"))
    }


def test_dead_attention_is_guarded_where_rates_are_unknown():
    """The released scale is 0 times infinity here: NaN, which never reaches a threshold."""
    model = live_model(SMALL)
    forget_rates(model)
    found = attention_of(model.forward_with_states(images(model), steps=4))
    assert len(found) == 12
    for name, trace in found.items():
        assert torch.isfinite(trace.membranes).all(), name
        assert 0 < trace.spikes.mean().item() < 0.5, name


def test_a_model_fresh_from_build_attends_in_evaluation_mode():
    model = build(SMALL).eval()
    # Its normalisations do nothing yet, so that weights of .02 need strong images to drive the
    # first neurons, and behind the first map nothing is strong.
    strong = 300 * images(model)
    trace = model.forward_with_states(strong, steps=4)
    assert torch.isfinite(trace.outputs).all()
    assert all(torch.isfinite(found.membranes).all() for found in trace.populations.values())
    assert trace.populations["stage.0.block.0.attn.attn_lif"].spikes.any()


def test_recalibration_measures_the_rates_of_all_batches():
    model = live_model(SMALL)
    rates = [m for m in model.modules() if isinstance(m, RunningRate)]
    batches = [images(model, 6, seed=seed) for seed in (1, 2)]
    alone = []
    for batch in batches:
        recalibrate_norms(model, [batch])
        alone.append(rates[0].running_rate.clone())
    recalibrate_norms(model, batches)
    assert not torch.equal(*alone)
    torch.testing.assert_close(rates[0].running_rate, (alone[0] + alone[1]) / 2)
    assert all((m.running_rate > 0).all() and m.momentum == 0.001 for m in rates)
    assert len(rates) == 12


@pytest.mark.parametrize("name", [SMALL, EVENTS])
def test_every_product_but_the_stem_reads_zeros_and_ones(name):
    overrides = {"side": 16} if name == EVENTS else {}
    model = live_model(name, dtype=torch.float32, steps=3, **overrides)
    seen = {}

    def look(key):
        def hook(_, inputs):
            x = inputs[0]
            seen[key] = bool(((x == 0) | (x == 1)).all()) and x.any().item()

        return hook

    for key, module in model.named_modules():
        if isinstance(module, AbstractProduct | RateScaledProduct):
            module.register_forward_pre_hook(look(key))
    model(images(model, 2))
    assert len(seen) == 6 * 7 + 2 + 1
    assert [key for key, binary in seen.items() if not binary] == ["stem"]


def test_the_gesture_form_learns_one_leak_a_population():
    model = live_model(EVENTS, dtype=torch.float32, side=16, steps=2).train()
    leaks = {key: p for key, p in model.named_parameters() if key.endswith("leak_logit")}
    assert len(leaks) == len(model.populations) == 6 * 6 + 2
    assert {p.numel() for p in leaks.values()} == {1}
    model(torch.stack([images(model, 3, seed=s) for s in range(2)])).square().sum().backward()
    assert all(torch.isfinite(p.grad) for p in leaks.values())
    assert any(p.grad != 0 for p in leaks.values())
    static = build(SMALL, device="meta")
    assert not any(key.endswith("leak_logit") for key, _ in static.named_parameters())


def test_the_gesture_form_starts_from_the_leak_of_its_neuron():
    neuron = LIFParameters(leak=0.8)
    model = build(EVENTS, side=16, neuron=neuron)
    leaks = [p.lif.leak.item() for p in model.populations.values()]
    assert leaks == pytest.approx([0.8] * len(leaks))
    assert card(EVENTS).input_shape == (3, 64, 64)


def test_neurons_have_the_released_surrogate_and_threshold():
    model = build(SMALL, device="meta")
    assert all(isinstance(p, SpikingPopulation) for p in model.populations.values())
    neurons = {p.lif.neuron for p in model.populations.values()}
    assert neurons == {LIFParameters.spikingjelly()}  # the attention's threshold too
    assert {p.lif.surrogate for p in model.populations.values()} == {ATanSurrogate(2.0)}


def test_weights_of_convolutions_start_normal_too():
    model = build("spikingresformer-ti/cifar10")
    for product in (model.stage[2].block[0].mlp.group, model.stage[2].block[0].attn.proj):
        assert product.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert model.head.bias is None


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        (SMALL, {"side": 10}, r"`side` must be divisible by 4, .*; got 10\. Use 8, or 12"),
        ("spikingresformer-ti/cifar10", {"side": 30}, r"`side` must be divisible by 4, .* got 30"),
        ("spikingresformer-ti/imagenet", {"side": 232}, r"`side` must be divisible by 16, .* 232"),
        (SMALL, {"heads": 4}, r"`heads` must be a multiple of 6, .* 16, 48, 96 .* got 4\. Use 6"),
        (SMALL, {"heads": 7}, r"`heads` must divide the width 96; got 7"),
        ("spikingresformer-m/imagenet", {"heads": 32}, r"multiple of 12, .* got 32\. Use 24"),
        (SMALL, {"depth": 3}, r"`overrides` must be among .* for spikingresformer; got 'depth'"),
        (SMALL, {"width": 48}, r"`overrides` must be among .* for spikingresformer; got 'width'"),
    ],
)
def test_refuses_shapes_that_do_not_fit(name, overrides, message):
    with pytest.raises(InputError, match=rf"^build: .*{message}"):
        build(name, device="meta", **overrides)


def test_heads_are_shared_out_to_the_stages():
    model = build(SMALL, heads=12)
    maps = {p.name: p.features for p in model.card.populations if p.name.endswith("attn_lif")}
    assert {name[:7]: n for name, n in maps.items()} == {"stage.0": 8, "stage.1": 24, "stage.2": 48}
    trace = model.eval().forward_with_states(images(model, 1), steps=1)
    assert {key: trace.populations[key].spikes.shape[-1] for key in maps} == maps


def test_another_side_has_its_own_card():
    model = build("spikingresformer-ti/imagenet", side=288, device="meta")
    found = model.forward_with_states(torch.empty(1, 3, 288, 288, device="meta"), steps=1)
    assert found.populations["stage.2.block.0.attn.lif"].spikes.shape == (1, 1, 18 * 18, 384)


def test_small_sizes_stay_below_the_budget_of_shipped_runs():
    small = [name for name in names() if name.startswith("spikingresformer-xs/")]
    assert len(small) == 4
    assert all(card(name).parameters <= 700_000 for name in small)
    assert all("not a published size" in " ".join(card(name).notes) for name in small)


def test_the_twin_has_the_shapes_and_no_rates():
    twin, found = build(f"{SMALL}:softmax"), card(SMALL)
    assert twin.card.parameters == found.parameters
    assert twin.card.populations == found.populations
    assert twin.card.macs == found.macs
    assert not any(isinstance(module, RunningRate) for module in twin.modules())
    assert set(twin.state_dict()) <= set(build(SMALL, device="meta").state_dict())


def test_rates_do_not_depend_on_the_way_images_are_given():
    first, second = (build(SMALL, dtype=torch.float64) for _ in range(2))
    x = images(first, 6)
    first(x, steps=3, generator=generator())
    second(x.expand(3, *x.shape), generator=generator())
    for key, rate in first.named_buffers():
        if key.endswith("running_rate"):
            torch.testing.assert_close(rate, second.get_buffer(key), rtol=1e-10, atol=1e-12)
