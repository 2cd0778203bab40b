"""What every ordinary network, ``NAME:ann``, must do, whatever its family."""

from functools import cache

import pytest
import torch
from tests.model_examples import empty_inputs, generator, images, inputs, live_model
from torch.utils.flop_counter import FlopCounterMode

from spikedim._core import InputError
from spikedim.models import (
    Coding,
    accelerate,
    build,
    card,
    fuse,
    names,
    open_model,
    recalibrate_norms,
    save_weights,
)
from spikedim.models.cards import recipe
from spikedim.models.families import FAMILIES
from spikedim.models.layers import OrdinaryPopulation

BUILDABLE = [n for n in names() if recipe(n, caller="test").family in FAMILIES]
SMALL = {  # the smallest model of each family
    family: min((n for n in BUILDABLE if card(n).family == family), key=lambda n: card(n).macs)
    for family in FAMILIES
}
BARE = {"q_lif", "k_lif", "v_lif", "attn_lif", "talking_heads_lif", "out_lif"}
"""Populations in whose place an ordinary transformer has nothing."""
live_model = cache(live_model)  # no test here changes one


def kind(name):
    """What decides which layers a model has: its family, its kind of data, its form."""
    dataset = card(name).dataset
    events = not card(name).static_input
    return card(name).family, events, dataset.startswith("imagenet"), "-fused/" in name


KINDS = {kind(n): n for n in sorted(BUILDABLE, key=lambda n: card(n).macs, reverse=True)}


@pytest.fixture(scope="module", params=KINDS.values())
def walked(request):
    """A model on the meta device, its card, and the operations of a forward pass."""
    model = build(f"{request.param}:ann", device="meta").eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(empty_inputs(model.card))
    return model, counter


@pytest.fixture(params=SMALL.values())
def small(request):
    return request.param


@pytest.fixture
def model(small):
    return live_model(f"{small}:ann")


def shapes(model):
    return {key: p.shape for key, p in model.named_parameters() if not key.endswith("leak_logit")}


def test_has_the_parameters_of_the_spiking_model_but_for_its_leaks(walked):
    model, _ = walked
    assert shapes(model) == shapes(build(model.card.base, device="meta"))
    assert sum(p.numel() for p in model.parameters()) == model.card.parameters
    for row in model.card.layers:
        owned = [p for key, p in model.named_parameters() if key.startswith(f"{row.name}.")]
        assert sum(p.numel() for p in owned) == row.parameters, row.name


def test_has_the_operations_of_its_card_row_by_row(walked):
    model, counter = walked
    flops, root = counter.get_flop_counts(), type(model).__name__
    rows = model.card.layers
    got = {row.name: sum(flops.get(f"{root}.{row.name}", {}).values()) // 2 for row in rows}
    assert got == {row.name: row.macs for row in rows}
    assert counter.get_total_flops() // 2 == model.card.macs


@pytest.mark.parametrize("name", BUILDABLE)
def test_the_card_has_the_layers_of_the_twin_and_reads_real_numbers(name):
    spiking, twin, found = card(name), card(f"{name}:softmax"), card(f"{name}:ann")
    assert (found.name, found.base, found.coding) == (f"{name}:ann", name, Coding.ACTIVATIONS)
    assert (found.parameters, found.macs) == (twin.parameters, twin.macs)
    assert (found.tokens, found.width, found.steps) == (spiking.tokens, spiking.width, 1)
    assert found.first_macs == spiking.first_macs
    assert (found.populations, found.neurons, found.published_results) == ((), 0, ())
    assert not any(row.spiking_input or row.integer_input for row in found.layers)
    kept = [row.name for row in twin.layers if row.kind != "neuron"]
    assert [row.name for row in found.layers] == kept
    assert any(note.startswith("ordinary network: ") for note in found.notes)


def test_answers_once_and_finite(model):
    trace = model.forward_with_states(inputs(model, 4))
    assert (model.coding, model.steps, len(trace.outputs)) == (Coding.ACTIVATIONS, 1, 1)
    assert trace.outputs.isfinite().all()
    assert trace.outputs.std() > 0
    assert trace.states == {}
    torch.testing.assert_close(model(inputs(model, 4)), trace.outputs[0])


def test_rectifiers_stand_where_an_ordinary_transformer_has_them(model):
    trace = model.forward_with_states(inputs(model, 4)).populations
    assert list(trace) == list(model.populations)
    for name, population in model.populations.items():
        assert isinstance(population, OrdinaryPopulation)
        bert = model.card.family == "spikingbert"
        assert population.rectified is not (bert or name.rpartition(".")[2] in BARE), name
        activity, currents = trace[name]
        assert torch.equal(activity, currents.relu() if population.rectified else currents), name
        assert activity.std() > 0, name
        if name.endswith(("k_lif", "v_lif")):
            assert (activity < 0).any(), name


def test_a_sample_does_not_depend_on_its_batch(model):
    x = inputs(model, 5)
    torch.testing.assert_close(model(x)[2:3], model(x[2:3]), rtol=1e-9, atol=1e-12)


def test_training_reaches_every_parameter(small):
    model = build(f"{small}:ann")
    outputs = model(inputs(model, 4))
    (outputs * torch.randn(outputs.shape, generator=generator())).sum().backward()
    sizes = {k: torch.inf if p.grad is None else p.grad.abs().max() for k, p in
             model.named_parameters()}  # fmt: skip
    assert {key: size for key, size in sizes.items() if not size < 1e4} == {}


def test_weights_go_to_a_file_and_come_back(model, tmp_path):
    again = open_model(save_weights(model, tmp_path / "w.safetensors"))
    assert (again.built_from, again.steps) == (model.built_from, 1)
    x = inputs(model, 2)
    assert torch.equal(again(x), model(x))


def test_takes_the_weights_of_the_spiking_model(small):
    spiking, ordinary = build(small).state_dict(), build(f"{small}:ann", generator=generator(9))
    rates = {key for key in spiking if ".map.rate." in key or ".mix.rate." in key}
    assert bool(rates) is small.startswith("spikingresformer")
    ordinary.load_state_dict({key: spiking[key] for key in spiking.keys() - rates})
    assert torch.equal(ordinary.head.weight, spiking["head.weight"])


def test_normalisations_are_folded(model):
    fused, report = fuse(model, inputs(model, 4, seed=5))
    assert (report.spikes, report.differing_spikes, report.after.norms) == (0, 0, 0)
    assert report.output_difference_relative <= 1e-10
    assert fused.coding is Coding.ACTIVATIONS
    assert fused.card.macs == model.card.macs or model.card.family == "sdt-v2"  # dense RepConv


def test_statistics_are_estimated_anew(small):
    model = build(f"{small}:ann")
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm1d)]
    recalibrate_norms(model, [inputs(model, 8, seed=s) for s in range(2)])
    assert all(norm.num_batches_tracked == 2 for norm in norms)
    assert all(norm.running_mean.any() for norm in norms)


def test_refuses_what_only_spikes_have(small, model):
    x, name = inputs(model, 2), f"{small}:ann"
    timeless = rf"`steps` must be absent or 1 for {name}, an ordinary network.*; got 4\. .*{small},"
    states = build(small, dtype=torch.float64).run(x, steps=1).states
    refused = [
        (lambda: model(x, steps=4), f"^forward: {timeless}"),
        (lambda: build(name, steps=4), f"^build: {timeless}"),
        (lambda: model.count_spikes(x), rf"^count_spikes: `self` must .*; got {name}, an ordinary"),
        (lambda: accelerate(model), rf"^accelerate: `model` must .*; got {name}, which has none"),
        (
            lambda: model(x, code_steps=4, generator=generator()),
            rf"^forward: `code_steps` must be absent for an ordinary .*; got 4.*{small}:softmax",
        ),
        (lambda: model.run(x, states=states), r"^forward: `states` must hold the 0 spiking popul"),
    ]
    for call, message in refused:
        with pytest.raises(InputError, match=message):
            call()
    assert torch.equal(model(x, steps=1), model(x))


def test_a_sequence_is_answered_image_by_image():
    model = live_model("spikingresformer-xs/digits:ann")
    x = torch.stack([images(model, 2, seed=s) for s in range(3)])
    each = torch.stack([model(image) for image in x])
    torch.testing.assert_close(model.run(x).outputs, each, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(model(x), each.mean(dim=0), rtol=1e-9, atol=1e-12)
