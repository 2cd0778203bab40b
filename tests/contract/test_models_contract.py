"""What every model that can be built must do, whatever its family."""

import pytest
import torch
from tests.model_examples import empty_inputs, generator, images, inputs, live_model
from torch.utils.flop_counter import FlopCounterMode

from spikedim._core import InputError
from spikedim.models import SpikingPopulation, build, card, names
from spikedim.models.cards import recipe
from spikedim.models.families import FAMILIES

BUILDABLE = [n for n in names() if recipe(n, caller="test").family in FAMILIES]
TWINS = [f"{name}:softmax" for name in BUILDABLE]
SMALL = {  # the smallest model of each family, for tests that run it
    family: min((n for n in BUILDABLE if card(n).family == family), key=lambda n: card(n).macs)
    for family in FAMILIES
}
# A twin has the blueprint of its spiking model, which is walked at every size; so it is walked at
# the smallest size of each kind of network (at the others with the slow tests), and its parameters
# are counted at every size.
KINDS = {}
for name in sorted(BUILDABLE, key=lambda n: card(n).macs, reverse=True):
    KINDS[card(name).family, card(name).dataset, "-fused/" in name] = name
WALKED_TWINS = [
    f"{n}:softmax" if n in KINDS.values() else pytest.param(f"{n}:softmax", marks=pytest.mark.slow)
    for n in BUILDABLE
]


@pytest.fixture(scope="module", params=[*BUILDABLE, *WALKED_TWINS])
def walked(request):
    """A model on the meta device, its card, and what a forward pass shows."""
    model = build(request.param, device="meta", steps=1).eval()
    found = card(request.param)
    shapes = {}

    def note(population, _, activity):
        shapes[population.name] = (
            *activity.shape[:2],
            activity[0, 0, ..., 0].numel(),
            activity.shape[-1],
        )

    for population in model.populations.values():
        population.register_forward_hook(note)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(empty_inputs(found))
    return model, found, shapes, counter


@pytest.fixture(scope="module", params=SMALL.values())
def small(request):
    return request.param


@pytest.fixture(scope="module")
def model(small):
    """Return a live model in float64; tests that change it build their own."""
    return live_model(small)


def assert_has_the_parameters(model, found):
    counted = {row.name: 0 for row in found.layers}
    # A population's own parameters are booked on the row that has the population.
    rows = {row.population.name: row.name for row in found.layers if row.population}
    rows |= {row.name: row.name for row in found.layers}
    for key, parameter in model.named_parameters():
        owner = max((path for path in rows if key.startswith(f"{path}.")), key=len)
        counted[rows[owner]] += parameter.numel()
    assert counted == {row.name: row.parameters for row in found.layers}


def test_has_the_parameters_of_its_card_row_by_row(walked):
    model, found, _, _ = walked
    assert_has_the_parameters(model, found)


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_has_the_parameters_of_its_card_row_by_row(name):
    assert_has_the_parameters(build(name, device="meta", steps=1), card(name))


def test_has_the_operations_of_its_card_row_by_row(walked):
    model, found, _, counter = walked
    flops = counter.get_flop_counts()
    root = type(model).__name__
    got = {row.name: sum(flops.get(f"{root}.{row.name}", {}).values()) // 2 for row in found.layers}
    assert got == {row.name: row.macs for row in found.layers}
    assert counter.get_total_flops() // 2 == found.macs


def test_has_the_populations_of_its_card(walked):
    model, found, shapes, _ = walked
    assert shapes == {p.name: (1, 1, p.tokens, p.features) for p in found.populations}
    assert list(model.populations) == [p.name for p in found.populations]


def test_every_population_fires_and_none_always(model):
    trace = model.forward_with_states(inputs(model, 8), steps=4)
    rates = {key: t.spikes.mean().item() for key, t in trace.populations.items()}
    assert {key for key, rate in rates.items() if not 0 < rate < 1} == set()
    for t in trace.populations.values():
        assert ((t.spikes == 0) | (t.spikes == 1)).all()


def test_a_sample_does_not_depend_on_its_batch(model):
    x = inputs(model, 4)
    whole = model.forward_with_states(x, steps=4)
    alone = model.forward_with_states(x[2:3], steps=4)
    for key, trace in whole.populations.items():
        assert torch.equal(trace.spikes[:, 2:3], alone.populations[key].spikes), key
    torch.testing.assert_close(whole.outputs[:, 2:3], alone.outputs, rtol=1e-9, atol=1e-12)


def test_any_split_of_the_steps_gives_the_same_spikes(model):
    x = inputs(model, 2)
    whole = model.forward_with_states(x, steps=5)
    outputs, states, spikes = [], None, {key: [] for key in whole.populations}
    for part in (1, 3, 1):
        trace = model.forward_with_states(x, steps=part, states=states)
        states = trace.states
        outputs.append(trace.outputs)
        for key, found in trace.populations.items():
            spikes[key].append(found.spikes)
    for key, parts in spikes.items():
        assert torch.equal(torch.cat(parts), whole.populations[key].spikes), key
    torch.testing.assert_close(torch.cat(outputs), whole.outputs, rtol=1e-9, atol=1e-12)


def test_an_output_does_not_depend_on_later_steps(model):
    if model.card.vocabulary:
        with pytest.raises(InputError, match=r"^forward: `x` must"):
            model.run(torch.stack([inputs(model, 2)] * 4))  # text is the same at every step
        return
    x = torch.stack([images(model, 2, seed=s) for s in range(4)])
    changed = torch.cat([x[:2], images(model, 4, seed=9).reshape(2, 2, *x.shape[2:])])
    first, second = model.run(x).outputs, model.run(changed).outputs
    torch.testing.assert_close(first[:2], second[:2], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(first[2:], second[2:])


@pytest.mark.parametrize("name", [name for name in SMALL.values() if not card(name).vocabulary])
def test_a_static_image_equals_its_repetition(name):
    model = live_model(name)
    x = images(model, 2)
    once, often = model.run(x, steps=3).outputs, model.run(x.expand(3, *x.shape)).outputs
    torch.testing.assert_close(once, often, rtol=1e-9, atol=1e-12)


def test_forward_run_and_trace_agree(model):
    x = inputs(model, 2)
    run, trace = model.run(x, steps=3), model.forward_with_states(x, steps=3)
    torch.testing.assert_close(run.outputs, trace.outputs, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(model(x, steps=3), run.outputs.mean(0), rtol=1e-12, atol=1e-12)
    assert run.states.keys() == trace.states.keys()
    assert all(isinstance(p, SpikingPopulation) for p in model.populations.values())


def test_training_reaches_every_parameter(small):
    """And the first step is one to take: silence at the start makes normalisations explode."""
    model = build(small)
    outputs = model(inputs(model, 4), steps=4)
    (outputs * torch.randn(outputs.shape, generator=generator())).sum().backward()
    without = [key for key, p in model.named_parameters() if p.grad is None]
    assert without == []
    largest = {key: p.grad.abs().max().item() for key, p in model.named_parameters()}
    assert {key: size for key, size in largest.items() if not size < 1e3} == {}


@pytest.mark.parametrize("suffix", ["", ":softmax"])
def test_gradients_of_every_sample_at_once_are_those_one_by_one(small, suffix):
    """Tangent kernels and influence work map over samples and differentiate by parameters."""
    model = live_model(f"{small}{suffix}")
    x = inputs(model, 2)
    parameters = {key: p.detach() for key, p in model.named_parameters()}

    def score(parameters, sample):
        outputs = torch.func.functional_call(model, parameters, (sample[None],), {"steps": 2})
        return outputs.square().sum()

    found = torch.func.vmap(torch.func.grad(score), in_dims=(None, 0))(parameters, x)
    for index in range(2):
        model.zero_grad()
        score(dict(model.named_parameters()), x[index]).backward()
        for key, p in model.named_parameters():
            error = (found[key][index] - p.grad).abs().max()
            assert error <= 1e-6 * p.grad.abs().max(), key


def test_the_twin_is_all_rates(small):
    twin = live_model(f"{small}:softmax")
    trace = twin.forward_with_states(inputs(twin, 2))
    for key, found in trace.populations.items():
        assert found.spikes.shape[0] == 1
        assert ((found.spikes >= 0) & (found.spikes <= 1)).all(), key
        assert found.spikes.std() > 0, key
    assert trace.states == {}


def test_the_twin_takes_a_number_of_spikes_for_every_rate(small):
    twin = live_model(f"{small}:softmax").train()
    x = inputs(twin, 4)
    trace = twin.forward_with_states(x, code_steps=3, generator=generator())
    for key, found in trace.populations.items():
        assert torch.equal((3 * found.spikes).round() / 3, found.spikes), key
        assert found.spikes.std() > 0, key
    trace.outputs.square().sum().backward()
    assert [key for key, p in twin.named_parameters() if p.grad is None] == []
    with pytest.raises(InputError, match=r"^forward: `code_steps` must be absent"):
        live_model(small)(x, code_steps=3, generator=generator())


def test_weights_and_spikes_repeat(small):
    first, second = build(small), build(small)
    for (key, a), (_, b) in zip(first.named_parameters(), second.named_parameters(), strict=True):
        assert torch.equal(a, b), key
