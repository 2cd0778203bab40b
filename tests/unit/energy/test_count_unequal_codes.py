"""Operations of a twin whose populations have codes of their own."""

import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import InputError
from spikedim.energy import OperationKind, Rules, count_operations, price

TWIN = "spikformer-2-64/digits:softmax"


@pytest.fixture(scope="module")
def twin():
    return live_model(TWIN)


@pytest.fixture(scope="module")
def x(twin):
    return inputs(twin, 3)


@pytest.fixture(scope="module")
def lengths(twin):
    return {name: (2, 8, 4)[i % 3] for i, name in enumerate(twin.populations)}


@pytest.fixture(scope="module")
def counts(twin, x, lengths):
    return count_operations(twin, x, code_steps=lengths, generator=generator())


def lines(counts, kind):
    return {o.layer: o for o in counts.operations if o.kind is kind}


def test_neurons_have_the_steps_of_their_code(twin, x, lengths, counts):
    truth = twin.count_spikes(x, code_steps=lengths, generator=generator())
    found = lines(counts, OperationKind.NEURON)
    assert (counts.steps, counts.unknown, list(found)) == (8, (), list(lengths))
    for name, spikes in truth.spikes.items():
        assert found[name].passes == lengths[name]
        assert found[name].spikes == spikes.double().mean(), name
        assert found[name].comparisons == lengths[name] * truth.neurons[name]
    assert 0 < counts.firing_rate < 1


def test_a_product_adds_every_spike_of_the_population_it_reads(twin, x, lengths, counts):
    """Behind one population alone: its spikes, each to as many outputs as it reaches."""
    neurons, linear = (lines(counts, kind) for kind in (OperationKind.NEURON, OperationKind.LINEAR))
    for block in (0, 1):
        name = f"block.{block}.mlp.fc1_lif"
        product = linear[f"block.{block}.mlp.fc2"]
        assert product.weighted_operations == pytest.approx(neurons[name].spikes * 64)
        assert product.values.value == "scaled counts"


def test_sums_of_powers_of_two_count_in_units_of_the_longest(twin, x, counts, lengths):
    product = lines(counts, OperationKind.LINEAR)["block.1.attn.q"]
    seen = {}
    module = twin.get_submodule("block.1.attn.q")
    hook = module.register_forward_hook(lambda _m, args, _out: seen.update(x=args[0].detach()))
    with torch.no_grad():
        twin(x, code_steps=lengths, generator=generator())
    hook.remove()
    units = (seen["x"] * 8).round().sum() / len(x)
    assert product.weighted_operations == pytest.approx(float(units) * 64)


def test_sums_without_a_common_unit_are_real(twin, x, lengths):
    odd = {name: (3, 5)[i % 2] for i, name in enumerate(lengths)}
    found = count_operations(twin, x, code_steps=odd, generator=generator())
    linear = lines(found, OperationKind.LINEAR)
    assert linear["block.1.attn.q"].values.value == "real"
    assert linear["block.0.mlp.fc2"].values.value == "scaled counts"


def test_a_mapping_of_one_length_is_that_length(twin, x, lengths):
    same = dict.fromkeys(lengths, 4)
    found = count_operations(twin, x, code_steps=same, generator=generator())
    alike = count_operations(twin, x, code_steps=4, generator=generator())
    assert found.operations == alike.operations
    assert found.steps == 4


def test_fewer_steps_in_one_place_cost_less(twin, x, lengths):
    first = count_operations(twin, x, code_steps=8, code="sigma_delta")
    changed = dict.fromkeys(lengths, 8) | {"block.1.mlp.fc1_lif": 2}
    second = count_operations(twin, x, code_steps=changed, code="sigma_delta")
    assert second.spikes < first.spikes
    assert price(second, rules=Rules.M1).value_mj < price(first, rules=Rules.M1).value_mj


def test_the_deterministic_code_draws_nothing(twin, x):
    found = count_operations(twin, x, code_steps=4, code="sigma_delta")
    truth = twin.count_spikes(x, code_steps=4, code="sigma_delta")
    assert found.spikes == sum(float(s.double().mean()) for s in truth.spikes.values())


def test_what_does_not_fit_is_refused(twin, x, lengths):
    with pytest.raises(InputError, match=r"^count_operations: `code_steps` must have a T for each"):
        count_operations(twin, x, code_steps={"stem.lif0": 2}, generator=generator())
    with pytest.raises(InputError, match=r"^count_operations: `code` must be one of bernoulli"):
        count_operations(twin, x, code_steps=2, code="latency", generator=generator())
    with pytest.raises(InputError, match=r"^count_operations: `generator` must be a torch.Gen"):
        count_operations(twin, x, code_steps=lengths, code="random_phase")
