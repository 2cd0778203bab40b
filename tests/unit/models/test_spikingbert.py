import pytest
import torch
from tests.model_examples import generator, inputs, live_model
from tests.official_examples import spikingbert

from spikedim.models import build, card, import_state_dict
from spikedim.models.layers import RealLayerNorm
from spikedim.neurons import Reset

SMALL = "spikingbert-2-64/movie-reviews"


def test_neurons_sum_without_leak_and_keep_their_overshoot():
    model = build(SMALL, vocabulary=20, tokens=6)
    neurons = {population.lif.neuron for population in model.populations.values()}
    (neuron,) = neurons
    assert (neuron.leak, neuron.threshold, neuron.gain) == (1, 1, 1)
    assert neuron.reset is Reset.SOFT_CARRIED


@pytest.mark.parametrize(("name", "encoders"), [("spikingbert-4/qqp", 4), ("spikingbert-2/rte", 2)])
def test_has_six_spiking_layers_an_encoder_behind_the_embedding(name, encoders):
    model = build(name, device="meta")
    assert len(model.populations) == 6 * encoders + 1
    assert model.steps == 125
    assert model.card.depth == len(model.encoder) == encoders


def test_names_what_does_not_spike():
    model = build(SMALL, depth=1, vocabulary=20, tokens=6)
    assert model.non_spiking == {
        "embedding.norm": "layer_norm",
        "encoder.0.attn.q": "linear",
        "encoder.0.attn.product.softmax": "softmax",
        "encoder.0.attn.output.norm": "layer_norm",
        "encoder.0.mlp.gelu": "gelu",
        "encoder.0.mlp.output.norm": "layer_norm",
    }
    assert build("spikformer-2-64/digits", legacy_dead_parameters=True).non_spiking == {}


def test_two_encoders_are_two_fewer_than_four():
    four, two = card("spikingbert-4/sst2"), card("spikingbert-2/sst2")
    assert four.parameters - two.parameters == 2 * 7_087_872
    assert two.published_parameters == ""


def test_dead_parameters_exist_if_asked_for():
    model = build("spikingbert-4/sst2", legacy_dead_parameters=True, device="meta")
    total = sum(p.numel() for p in model.parameters())
    assert total == model.card.parameters_released
    assert {key.split(".")[1] for key in model.state_dict() if key.startswith("unused.")} == {
        "feedback",
        "fit_dense",
        "pooler",
    }


def test_reads_the_first_token_only():
    model = live_model(SMALL, vocabulary=40, tokens=12)
    x = inputs(model, 3)
    trace = model.forward_with_states(x, steps=6)
    spikes = trace.populations["encoder.1.mlp.output_lif"].spikes
    expected = model.head(spikes[:, :, 0])
    torch.testing.assert_close(trace.outputs, expected, rtol=1e-12, atol=1e-12)
    # The classifier is linear, so that the mean over steps is that of the average spiking rate.
    rate = model.head(spikes[:, :, 0].mean(0).relu())
    torch.testing.assert_close(model(x, steps=6), rate, rtol=1e-9, atol=1e-12)


def test_the_second_sentence_begins_behind_the_separator():
    embedding = build("spikingbert-2/rte", width=24, vocabulary=120, depth=1).double().embedding
    x = torch.tensor([[[101, 7, 102, 8, 102, 0], [101, 7, 8, 9, 7, 102]]])
    table = embedding.segments.weight
    expected = table[torch.tensor([[[0, 0, 0, 1, 1, 1], [0] * 6]])]
    rows = embedding.words(x) + embedding.positions.weight[:6] + expected
    torch.testing.assert_close(embedding(x), embedding.norm(rows), rtol=1e-12, atol=1e-12)


def test_small_sizes_know_one_sentence():
    embedding = build(SMALL, vocabulary=120).embedding
    x = torch.tensor([[[101, 102, 8]]])
    rows = embedding.words(x) + embedding.positions.weight[:3] + embedding.segments.weight[0]
    torch.testing.assert_close(embedding(x), embedding.norm(rows))


def test_epsilon_is_that_of_the_release_at_published_sizes_only():
    def epsilons(name, **overrides):
        modules = build(name, device="meta", **overrides).modules()
        return {module.eps for module in modules if isinstance(module, RealLayerNorm)}

    assert epsilons("spikingbert-4/sst2", depth=1) == {1e-12}
    assert epsilons(SMALL) == {1e-12, 1e-2}  # of the embedding, of the residuals


def test_gradients_survive_silent_layers():
    model = build(SMALL, vocabulary=40, tokens=12)
    x = torch.randint(1, 40, (3, 12), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model.embedding.norm.weight.zero_()  # no current, no spike, at any step
    loss = torch.nn.functional.cross_entropy(model(x, steps=2), torch.tensor([0, 1, 1]))
    loss.backward()
    largest = max(p.grad.abs().max().item() for p in model.parameters())
    assert 0 < largest < 1e3


def test_the_twin_is_the_steady_state_of_clipped_rates():
    twin = live_model(f"{SMALL}:softmax", vocabulary=40, tokens=8, depth=1)
    x = inputs(twin, 2)[:, :5]
    trace = twin.forward_with_states(x)
    rates = {key: found.spikes[0] for key, found in trace.populations.items()}
    s = twin.embedding(x[None])[0].clamp(0, 1)
    torch.testing.assert_close(rates["embedding_lif"], s, rtol=1e-12, atol=1e-12)
    attn = twin.encoder[0].attn
    k = (s @ attn.k.weight.T + attn.k.bias).clamp(0, 1)
    torch.testing.assert_close(rates["encoder.0.attn.k_lif"], k, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("encoders", [2, 4])
def test_imports_the_released_names(encoders):
    draw, width = generator(8), 48
    released = {
        key: torch.randn(shape, generator=draw)
        for key, shape in spikingbert(encoders=encoders, d=width, vocabulary=150).parameters.items()
    }
    model = build(f"spikingbert-{encoders}/sst2", width=width, vocabulary=150)
    import_state_dict(model, released)
    last = model.encoder[-1]
    for ours, theirs in (
        (model.embedding.words, "network_x.word_embeddings"),
        (model.embedding.positions, "network_x.position_embeddings"),
        (model.embedding.segments, "network_x.token_type_embeddings"),
        (last.attn.q, f"network_s{6 * encoders - 3}.query"),
        (last.attn.output.norm, f"network_s{6 * encoders - 2}.LayerNorm"),
        (last.mlp.output.linear, f"network_s{6 * encoders}.dense"),
        (model.head, "classification"),
    ):
        assert torch.equal(ours.weight, released[f"{theirs}.weight"]), theirs
