"""What counting must find of every model that can be built, whatever its family."""

from functools import cache

import pytest
import torch
from tests.model_examples import generator, images, inputs, live_model

from spikedim.energy import (
    OperationKind,
    Place,
    Values,
    count_operations,
    expected_twin_operations,
)
from spikedim.energy.operations import PRODUCTS
from spikedim.models import accelerate, build, card, fuse, names
from spikedim.models.cards import recipe
from spikedim.models.families import FAMILIES
from spikedim.models.layers import AbstractProduct

BUILDABLE = [n for n in names() if recipe(n, caller="test").family in FAMILIES]
SMALL = {
    family: min((n for n in BUILDABLE if card(n).family == family), key=lambda n: card(n).macs)
    for family in FAMILIES
}
STEPS, BATCH = 2, 2
live_model = cache(live_model)  # no test here changes one


@cache
def counts_of(name):
    """Count a model in each of its forms once."""
    model = live_model(name)
    steps = STEPS if model.coding.spiking else None
    return count_operations(model, inputs(model, BATCH), steps=steps)


@pytest.fixture(scope="module", params=SMALL.values())
def small(request):
    return request.param


@pytest.fixture(scope="module", params=["", ":softmax", ":ann"], ids=["spikes", "twin", "ann"])
def counted(request, small):
    """A model and its counts, in each of its forms."""
    name = f"{small}{request.param}"
    return live_model(name), counts_of(name)


def every_step(counts):
    """Dense operations of all steps, of products that have a row in a card."""
    return sum(
        o.macs / o.passes * counts.steps if o.static else o.macs
        for o in counts.operations
        if o.kind is not OperationKind.MASKING
    )


def assert_has_the_products_of_the_card(model, counts):
    """Each row of a card is counted under its name, as often as it acts."""
    found = {}
    for o in counts.operations:
        if o.macs and o.kind is not OperationKind.MASKING:
            found.setdefault(o.layer, []).append(o)
    rows = {row.name: row for row in model.card.layers if row.macs}
    owner = {layer: max((r for r in rows if layer.startswith(r)), key=len) for layer in found}
    assert set(owner.values()) == set(rows)
    for name, row in rows.items():
        parts = [o for layer, key in owner.items() if key == name for o in found[layer]]
        assert sum(o.macs / o.passes for o in parts) == row.macs, name


def test_counts_every_operator(counted):
    _, counts = counted
    assert counts.unknown == ()
    assert counts.notes == ()
    assert counts.n_samples == BATCH


def test_has_the_products_of_its_card(counted):
    model, counts = counted
    assert_has_the_products_of_the_card(model, counts)
    assert counts.steps == (STEPS if model.coding.spiking else 1)
    static = [o for o in counts.operations if o.static and o.place is Place.STEM]
    assert bool(static) is (not model.card.vocabulary)
    heads = [o.layer for o in counts.operations if o.place is Place.HEAD]
    assert heads == ["head"]


def test_dense_operations_are_those_of_the_card_in_every_step(counted):
    model, counts = counted
    once = sum(
        row.macs
        for row in model.card.layers
        for o in counts.operations
        if o.layer == row.name and o.passes == 1 and not o.static
    )
    total = model.card.macs * counts.steps - once * (counts.steps - 1)
    assert every_step(counts) == total


def test_neurons_and_spikes_are_those_of_the_model(small):
    model = live_model(small)
    x = inputs(model, BATCH)
    counts, truth = counts_of(small), model.count_spikes(x, steps=STEPS)
    assert counts.neurons == model.card.neurons == sum(truth.neurons.values())
    found = [(i, o) for i, o in enumerate(counts.operations) if o.kind is OperationKind.NEURON]
    assert [o.layer for _, o in found] == list(truth.spikes)
    for i, o in found:
        spikes = truth.spikes[o.layer].double()
        assert counts.samples[:, i, 4].tolist() == spikes.sum(0).tolist(), o.layer
        assert o.steps == pytest.approx(spikes.mean(1).tolist())
        assert (o.neurons, o.passes) == (truth.neurons[o.layer], STEPS)
        assert o.values is Values.BINARY


def test_what_reads_spikes_needs_additions_only(small):
    model, counts = live_model(small), counts_of(small)
    rows = {row.name: row for row in model.card.layers}
    for o in counts.operations:
        if o.kind in (OperationKind.LINEAR, OperationKind.CONVOLUTION) and o.layer in rows:
            row = rows[o.layer]
            # A whole convolution is one row; un-fused it has a part that reads another's result.
            if row.kind in ("conv", "linear") and row.macs * o.passes == o.macs:
                assert o.values.spiking is row.spiking_input, o.layer
                assert o.unquantised is (not row.spiking_input), o.layer


def test_an_ordinary_network_has_no_spikes_and_rounds_where_neurons_were(small):
    counts = counts_of(f"{small}:ann")
    assert (counts.neurons, counts.spikes, counts.synaptic_operations) == (0, 0, 0)
    expected = {o.layer: o for o in expected_twin_operations(card(small)).operations}
    for o in counts.operations:
        known = o.place is Place.INSIDE and o.kind in PRODUCTS and o.layer in expected
        if known and o.macs == expected[o.layer].macs:
            assert o.unquantised is expected[o.layer].unquantised, o.layer


def test_a_fused_model_keeps_spikes_and_has_no_norms(small):
    model = live_model(small)
    x = inputs(model, BATCH)
    fused, _ = fuse(model, x)
    before, after = counts_of(small), count_operations(fused, x, steps=STEPS)
    assert after.unknown == ()
    assert after.spikes == before.spikes
    assert_has_the_products_of_the_card(fused, after)
    assert not any(o.foldable for o in after.operations)


@pytest.mark.parametrize("family", ["spikformer", "spikingresformer", "spikformer-lm"])
def test_a_twin_can_be_counted_in_spikes_of_its_code(family):
    twin = live_model(f"{SMALL[family]}:softmax")
    x = inputs(twin, BATCH)
    counts = count_operations(twin, x, code_steps=4, generator=generator())
    truth = twin.count_spikes(x, code_steps=4, generator=generator())
    assert (counts.steps, counts.unknown) == (4, ())
    found = {o.layer: o for o in counts.operations if o.kind is OperationKind.NEURON}
    assert list(found) == list(truth.spikes)
    for name, spikes in truth.spikes.items():
        assert found[name].spikes == spikes.double().mean(), name
        assert found[name].passes == 4
        assert 0 <= found[name].rate <= 1


def test_synaptic_operations_are_sums_over_what_every_layer_read():
    """Spikes of the traces times the weights that each reaches, layer by layer."""
    model = live_model("spikformer-2-64/digits")
    x = images(model, BATCH)
    seen = {}

    def keep(name):
        def hook(module, args, output):
            seen[name] = args[0].detach()

        return hook

    linear = {
        o.layer
        for o in count_operations(model, x).operations
        if o.kind is OperationKind.LINEAR and o.layer != "head"
    }
    hooks = [
        module.register_forward_hook(keep(name))
        for name, module in model.named_modules()
        if isinstance(module, AbstractProduct) and name in linear
    ]
    trace = model.forward_with_states(x, steps=STEPS)
    for hook in hooks:
        hook.remove()
    counts = count_operations(model, x, steps=STEPS)
    checked = 0
    for i, o in enumerate(counts.operations):
        if o.layer in seen and o.kind is OperationKind.LINEAR:
            read = seen[o.layer]  # [T, B, N, D]
            width = o.weights // read.shape[-1]
            want = width * (read != 0).sum((0, 2, 3))
            assert counts.samples[:, i, 0].tolist() == want.tolist(), o.layer
            assert counts.samples[:, i, 1].tolist() == (width * read.sum((0, 2, 3))).tolist()
            assert o.steps == pytest.approx((width * (read != 0).sum((2, 3))).double().mean(1))
            checked += 1
    assert checked == 12
    for b in (0, 1):
        q, k, v = (
            trace.populations[f"block.{b}.attn.{n}_lif"].spikes.unflatten(
                -1, (model.card.heads, -1)
            )
            for n in "qkv"
        )
        scores = torch.einsum("tbnhd,tbmhd->tbhnm", q, k)
        first, second = (
            i for i, o in enumerate(counts.operations) if o.layer == f"block.{b}.attn.product"
            and o.kind is OperationKind.ATTENTION
        )  # fmt: skip
        assert counts.samples[:, first, 0].tolist() == scores.sum((0, 2, 3, 4)).tolist()
        pairs = torch.einsum("tbhnm,tbmhd->tb", (scores != 0).double(), v)
        additions = torch.einsum("tbhnm,tbmhd->tb", scores, v)
        assert counts.samples[:, second, 0].tolist() == pairs.sum(0).tolist()
        assert counts.samples[:, second, 1].tolist() == additions.sum(0).tolist()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_acceleration_is_switched_off_while_counting_and_on_again(precision):
    plain = build("spikformer-2-64/digits", generator=generator())
    x = images(plain, BATCH)
    want = count_operations(plain, x)
    fast = accelerate(build("spikformer-2-64/digits", generator=generator()), precision=precision)
    kernels = [population.fused for population in fast.populations.values()]
    dtype = fast.compute_dtype
    counts = count_operations(fast, x)
    (note,) = counts.notes
    assert note == (
        "acceleration was switched off while counting: operators inside fused kernels cannot be "
        "seen"
    )
    assert [population.fused for population in fast.populations.values()] == kernels
    assert all(kernels)
    assert fast.compute_dtype is dtype
    assert counts.operations == want.operations
    assert counts.samples.tolist() == want.samples.tolist()
    assert counts.unknown == ()


def test_mode_and_hooks_are_as_before():
    model = build("spikformer-2-64/digits")
    model.head.eval()
    modes = [module.training for module in model.modules()]
    count_operations(model, inputs(model, BATCH), steps=1)
    assert [module.training for module in model.modules()] == modes
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_the_leak_between_samples_of_released_weights_is_counted():
    model = live_model("qkformer-4-64/mnist", legacy_batch_leak=True)
    x = images(model, BATCH)
    counts, truth = count_operations(model, x, steps=2), model.count_spikes(x, steps=2)
    assert counts.unknown == ()
    assert counts.neurons == model.card.neurons
    assert counts.spikes == sum(s.double().sum() for s in truth.spikes.values()) / BATCH


def test_sequences_hold_their_steps():
    model = live_model("spikingresformer-xs/digits")
    x = torch.stack([images(model, BATCH, seed=s) for s in range(3)])
    counts, truth = count_operations(model, x), model.count_spikes(x)
    assert (counts.steps, counts.static_input) == (3, False)
    assert counts.spikes == sum(s.double().sum() for s in truth.spikes.values()) / BATCH
    (stem,) = (o for o in counts.operations if o.place is Place.STEM)
    assert (stem.passes, stem.static, len(stem.steps)) == (3, False, 3)
