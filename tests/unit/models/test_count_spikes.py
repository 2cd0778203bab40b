import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import InputError
from spikedim.models import accelerate

TEXT = {"vocabulary": 20, "tokens": 6}


@pytest.fixture(scope="module")
def model():
    return live_model("spikformer-2-64/digits")


@pytest.fixture(scope="module")
def twin():
    return live_model("spikformer-2-64/digits:softmax")


@pytest.fixture(scope="module")
def text():
    return live_model("spikformer-text-2-64/movie-reviews", **TEXT)


def sums(trace):
    return {key: found.spikes.double().sum(dim=(2, 3)) for key, found in trace.populations.items()}


def same(found, expected):
    assert list(found) == list(expected)
    for key, counts in found.items():
        torch.testing.assert_close(counts.double(), expected[key], rtol=1e-9, atol=0, msg=key)


def test_counts_are_the_sums_of_the_traces(model):
    x = inputs(model)
    found, trace = model.count_spikes(x, steps=3), model.forward_with_states(x, steps=3)
    same(found.spikes, sums(trace))
    assert {counts.dtype for counts in found.spikes.values()} == {torch.int64}
    assert {tuple(counts.shape) for counts in found.spikes.values()} == {(3, len(x))}
    assert torch.equal(found.outputs, trace.outputs)
    assert not found.outputs.requires_grad


def test_neurons_are_those_of_the_card(model):
    found = model.count_spikes(inputs(model))
    assert found.neurons == {p.name: p.tokens * p.features for p in model.card.populations}
    for key, unpadded in found.unpadded.items():
        assert (unpadded == found.neurons[key]).all(), key


def test_counts_of_parts_are_counts_of_the_whole(model):
    x = inputs(model)
    whole, first = model.count_spikes(x, steps=5), model.count_spikes(x, steps=2)
    rest = model.count_spikes(x, steps=3, states=first.states)
    for key, counts in whole.spikes.items():
        assert torch.equal(torch.cat([first.spikes[key], rest.spikes[key]]), counts), key


def test_the_mode_of_every_module_stays():
    model = live_model("spikformer-2-64/digits").train()
    model.block[0].eval()
    before = [module.training for module in model.modules()]
    buffers = {key: buffer.clone() for key, buffer in model.named_buffers()}
    found = model.count_spikes(inputs(model))
    assert [module.training for module in model.modules()] == before
    for key, buffer in model.named_buffers():
        assert torch.equal(buffer, buffers[key]), key
    assert torch.equal(found.outputs, model.eval().run(inputs(model)).outputs)


def test_an_accelerated_model_counts_on_the_plain_path():
    model = live_model("spikformer-2-64/digits", dtype=torch.float32)
    x = inputs(model)
    plain = model.count_spikes(x).spikes
    found = accelerate(model, precision="bfloat16").count_spikes(x).spikes
    assert all(torch.equal(found[key], counts) for key, counts in plain.items())


def test_padding_is_no_neuron(text):
    x = inputs(text)
    found, trace = text.count_spikes(x, steps=2), text.forward_with_states(x, steps=2)
    same(found.spikes, sums(trace))
    kept = (x != 0).sum(dim=1)
    assert kept.unique().tolist() == [4, 6]
    assert found.neurons["block.0.attn.q_lif"] == 6 * 64
    assert torch.equal(found.unpadded["block.0.attn.q_lif"], 64 * kept)


def test_neurons_that_leak_across_the_batch_are_counted():
    model = live_model("qkformer-4-64/mnist", legacy_batch_leak=True)
    x = inputs(model, 2)
    same(model.count_spikes(x, steps=2).spikes, sums(model.forward_with_states(x, steps=2)))


def test_exact_rates_are_summed(twin):
    x = inputs(twin)
    found = twin.count_spikes(x)
    same(found.spikes, sums(twin.forward_with_states(x)))
    assert {counts.dtype for counts in found.spikes.values()} == {torch.float64}
    assert found.states == {}


@pytest.mark.parametrize("steps", [1, 3])
def test_coded_rates_are_counted(twin, steps):
    x = inputs(twin)
    found = twin.count_spikes(x, code_steps=steps, generator=generator(4))
    trace = twin.forward_with_states(x, code_steps=steps, generator=generator(4))
    same(found.spikes, {key: steps * total for key, total in sums(trace).items()})
    assert {counts.dtype for counts in found.spikes.values()} == {torch.int64}
    assert torch.equal(found.outputs, trace.outputs)


def test_bad_calls_have_the_words_of_forward(model, twin):
    with pytest.raises(InputError, match=r"^forward: `code_steps` must be absent"):
        model.count_spikes(inputs(model), code_steps=2, generator=generator())
    with pytest.raises(InputError, match=r"^forward: `generator` must"):
        twin.count_spikes(inputs(twin), code_steps=2)
    with pytest.raises(InputError, match=r"^forward: `states` must hold"):
        model.count_spikes(inputs(model), states={})
