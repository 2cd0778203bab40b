import pytest

from spikedim.models import Card, LayerRow, Population, card


def small(*rows, dataset="cifar10"):
    return Card("toy-1/x", "toy", dataset, (1, 2, 2), 2, 1, 1, 4, 8, 4, tuple(rows))


STEM = LayerRow("stem", "conv", 10, 0, 100, False, Population("a", 16, 8), norm_parameters=4)
DEEP = LayerRow("q", "linear", 20, 3, 50, True, Population("b", 4, 8))
PRODUCT = LayerRow("product", "attention", 0, 0, 7, True)


def test_totals_add_up():
    found = small(STEM, DEEP, PRODUCT)
    assert (found.parameters, found.parameters_released, found.norm_parameters) == (30, 33, 4)
    assert (found.macs, found.attention_macs, found.first_macs) == (157, 7, 100)
    assert (found.neurons, len(found.populations)) == (16 * 8 + 32, 2)


def test_encoding_population_is_the_first_with_n_tokens_of_d_features():
    assert small(STEM, DEEP, PRODUCT).encoding_population == Population("b", 4, 8)


def test_encoding_population_is_nominal_if_no_layer_has_that_shape():
    assert small(STEM).encoding_population == Population("encoding", 4, 8)


@pytest.mark.parametrize(("dataset", "static"), [("cifar10", True), ("cifar10-dvs", False)])
def test_event_data_are_not_static(dataset, static):
    assert small(STEM, dataset=dataset).static_input is static


@pytest.mark.parametrize(
    ("name", "layer", "tokens", "features"),
    [
        ("spikformer-4-384/cifar10", "stem.rpe_lif", 64, 384),
        ("spikformer-8-512/imagenet", "stem.rpe_lif", 196, 512),
        ("spikformer-2-64/digits", "stem.rpe_lif", 16, 64),
        ("spikformer-2-128/mnist", "stem.rpe_lif", 49, 128),
        ("spikingformer-4-384/cifar10", "block.0.attn.lif", 64, 384),
        ("sdt-v1-2-512/cifar10", "stem.lif3", 64, 512),
        ("sdt-v2-31m/imagenet", "stage.4.block.0.attn.lif", 196, 480),
        ("qkformer-10-512/imagenet", "stage.3.embed.lif1", 196, 512),
        ("spikingresformer-ti/imagenet", "stage.2.block.0.attn.lif", 196, 384),
    ],
)
def test_encoding_populations_of_the_families(name, layer, tokens, features):
    assert card(name).encoding_population == Population(layer, tokens, features)


def test_residuals_that_add_spikes_are_marked_and_those_that_add_currents_are_not():
    integers = {row.name for row in card("spikformer-4-384").layers if row.integer_input}
    assert "block.0.attn.q" in integers
    assert "block.0.mlp.fc2" not in integers
    assert not any(row.integer_input for row in card("spikingformer-4-384").layers)


def test_fusing_makes_the_attention_of_sdt_v2_spike_driven():
    def real(name):
        return {r.name for r in card(name).layers if not r.spiking_input and "attn" in r.name}

    assert real("sdt-v2-31m")
    assert not real("sdt-v2-31m-fused")


def test_digits_stem_says_where_it_pools():
    assert any("4 x 4 tokens" in note for note in card("spikformer-2-64/digits").notes)
