"""The rules of published tables, on layers small enough to count by hand."""

import pytest
from tests.hand_counts import changed, hand_counts, operation

from spikedim._core import AssumptionError, InputError
from spikedim.energy.expected import expected_operations
from spikedim.energy.operations import OperationKind, Place, Values
from spikedim.energy.pricing import price
from spikedim.models import card

T = 4
PUBLISHED = (
    "spikformer rev. A",
    "spikformer rev. B",
    "spikingformer tool",
    "spikingresformer monitor",
)
# a 3 x 3 stem of 16 channels on a 5 x 5 image of 3 channels
STEM = operation(
    "stem.conv0",
    OperationKind.CONVOLUTION,
    place=Place.STEM,
    values=Values.REAL,
    static=True,
    macs=432 * 25,
    inner_macs=432 * 25,
    inputs=75,
    active_inputs=75,
    outputs=16 * 25,
    weights=432,
)
CONV = operation(
    "stem.conv1",
    OperationKind.CONVOLUTION,
    values=Values.BINARY,
    passes=T,
    macs=4000,
    inner_macs=3200,
    synaptic_operations=300,
    weighted_operations=300,
    inputs=400,
    active_inputs=40,
    outputs=200,
    weights=90,
)
SUMS = operation(
    "block.0.attn.q",
    OperationKind.LINEAR,
    values=Values.COUNTS,
    passes=T,
    macs=2000,
    inner_macs=2000,
    synaptic_operations=400,
    weighted_operations=700,
    inputs=100,
    active_inputs=20,
    outputs=80,
    weights=400,
)
HEAD = operation(
    "head",
    OperationKind.LINEAR,
    place=Place.HEAD,
    values=Values.REAL,
    macs=160,
    inner_macs=160,
    inputs=16,
    active_inputs=16,
    outputs=10,
    weights=160,
)


def neurons(name, spikes):
    return operation(name, OperationKind.NEURON, passes=T, neurons=50, spikes=spikes)


# 200 updates: rates 0.1, 0.2, 0.05
QUERIES, KEYS, VALUES = (
    neurons(f"block.0.attn.{part}_lif", spikes)
    for part, spikes in (("q", 20), ("k", 40), ("v", 10))
)
PRODUCTS = tuple(
    operation(
        "block.0.attn.product",
        OperationKind.ATTENTION,
        values=values,
        other_values=Values.BINARY,
        passes=T,
        macs=600,
        inner_macs=600,
        synaptic_operations=30,
        weighted_operations=weighted,
        inputs=60,
        active_inputs=12,
        outputs=40,
    )
    for values, weighted in ((Values.BINARY, 30), (Values.COUNTS, 45))
)
NETWORK = (STEM, CONV, SUMS, QUERIES, KEYS, VALUES, *PRODUCTS, HEAD)


def energies(rules, *operations, subject="tiny", **options):
    counts = hand_counts(*operations, subject=subject, steps=T)
    return price(counts, rules=rules, **options)


def mj(**parts):
    return pytest.approx({part: pj * 1e-9 for part, pj in parts.items()})


# firing rate times dense operations: the convolution, the sums by their value, both products
SYNAPSES = 0.1 * 4000 + 700
ATTENTION = 0.2 * 600 + 0.2 * 600


def test_the_first_revision_charges_77_femtojoule_and_nothing_else():
    got = energies("spikformer rev. A", *NETWORK)
    assert got.breakdown_mj == mj(synapses=0.077 * SYNAPSES, attention=0.077 * ATTENTION)
    assert got.low_mj == pytest.approx(got.high_mj, rel=1e-12)


def test_the_second_revision_adds_the_stem_of_width_512_in_every_step():
    got = energies("spikformer rev. B", *NETWORK)
    stem = 4.6 * 432 * 25 * T * 64 / 16
    assert got.breakdown_mj == mj(stem=stem, synapses=0.9 * SYNAPSES, attention=0.9 * ATTENTION)
    own = f"{4.6e-9 * 432 * 25 * T:.3g} mJ"
    assert any(own in note for note in got.notes)


@pytest.mark.parametrize("stem", ["once", "every_step"])
@pytest.mark.parametrize("rules", PUBLISHED)
def test_a_published_rule_leaves_no_choice_of_the_stem(rules, stem):
    assert energies(rules, *NETWORK, stem=stem).value_mj == energies(rules, *NETWORK).value_mj


def test_a_stem_that_the_code_repeats_costs_the_same():
    """Values are sums over passes: four times as much, in four passes."""
    repeated = changed(
        STEM, passes=T, macs=T * STEM.macs, inputs=T * STEM.inputs, outputs=T * STEM.outputs
    )
    for rules in ("spikformer rev. B", "spikingformer tool"):
        once = energies(rules, STEM, CONV, QUERIES).breakdown_mj["stem"]
        assert energies(rules, repeated, CONV, QUERIES).breakdown_mj["stem"] == pytest.approx(once)


def test_a_head_that_the_code_repeats_costs_the_same():
    repeated = changed(HEAD, passes=T, macs=T * HEAD.macs, inputs=T * HEAD.inputs)
    got = energies("spikingformer tool", STEM, QUERIES, repeated)
    assert got.breakdown_mj["head"] == pytest.approx(4.6 * 160e-9)


def test_a_rule_without_an_image_is_refused():
    with pytest.raises(AssumptionError, match=r"prices a convolution that reads an image"):
        energies("spikformer rev. B", CONV, QUERIES)


def test_the_tool_books_anything_but_binary_as_dense_multiplications():
    """In Spikingformer, whose linear products are released as convolutions."""
    got = energies("spikingformer tool", *NETWORK, subject="spikingformer-4-384/cifar10")
    # base (min(0.2, 0.05) + 0.1), base the dense operations of one product
    attention = 600 * (0.05 + 0.1)
    assert got.breakdown_mj == mj(
        stem=4.6 * 432 * 25 * T,
        synapses=0.9 * 0.1 * 4000,
        attention=0.9 * attention,
        real_inputs=4.6 * 2000,
        head=4.6 * 160,
    )


def test_the_bound_of_the_tool_is_no_less_than_the_overlaps():
    got = energies("spikingformer tool", *NETWORK).breakdown_mj["attention"]
    assert got >= 0.9e-9 * sum(product.synaptic_operations for product in PRODUCTS)


@pytest.mark.parametrize(
    ("subject", "seen"),
    [
        ("spikformer-4-384/cifar10", False),
        ("spikformer-2-64/digits", False),
        ("spikformer-8-512/imagenet", True),
        ("spikformer-2-256/cifar10-dvs", True),
        ("spikingformer-4-384/cifar10", True),
        ("qkformer-4-384/cifar10", True),
        # not ours: the path of the module decides, and "block.0.attn.q" has neither word
        ("tiny", False),
    ],
)
def test_the_tool_sees_linear_products_where_the_released_code_calls_them_convolutions(
    subject, seen
):
    got = energies("spikingformer tool", *NETWORK, subject=subject)
    line = next(line for line in got.lines if line.layer == "block.0.attn.q")
    assert (line.energy_mj > 0) == seen
    unseen = [note for note in got.notes if "does not see" in note]
    assert bool(unseen) != seen
    if not seen:
        assert f"{4.6 * 2000e-9:.3g} mJ" in unseen[0]


def test_in_a_foreign_network_the_path_decides():
    named = changed(SUMS, layer="block.0.attn.q_conv")
    got = energies("spikingformer tool", STEM, named, QUERIES)
    assert got.breakdown_mj["real_inputs"] == pytest.approx(4.6 * 2000e-9)
    unnamed = changed(CONV, layer="features.3")
    got = energies("spikingformer tool", unnamed, QUERIES)
    assert got.value_mj == 0


def test_attention_without_neurons_of_these_names_is_rate_times_operations():
    got = energies("spikingformer tool", CONV, neurons("other", 5), *PRODUCTS)
    assert got.breakdown_mj["attention"] == pytest.approx(0.9e-9 * 2 * 0.2 * 600)


def test_the_monitor_counts_exact_operations_and_skips_both_ends():
    got = energies("spikingresformer monitor", *NETWORK)
    assert got.breakdown_mj == mj(synapses=0.9 * (300 + 700), attention=0.9 * (30 + 30))
    assert any("1.1e+04 multiply-accumulates of stem and classifier" in note for note in got.notes)


@pytest.mark.parametrize("rules", PUBLISHED)
def test_a_twin_is_refused(rules):
    ordinary = (STEM, changed(CONV, values=Values.REAL), HEAD)
    with pytest.raises(AssumptionError, match=r"no spiking neurons"):
        energies(rules, *ordinary)


@pytest.mark.parametrize("rules", [*PUBLISHED, "M4 chip"])
def test_a_rule_of_one_arithmetic_takes_no_other(rules):
    counts = expected_operations(card("spikformer-2-64/digits"), steps=4, rate=0.1)
    with pytest.raises(InputError, match=r"^price: `word` must be fp32 under .*; got int8"):
        price(counts, rules=rules, word="int8")


def test_the_tool_refuses_a_network_without_convolutions():
    """It would see the classifier alone, and every ratio would look good."""
    text = expected_operations(card("spikformer-text-2-64/movie-reviews"), steps=4, rate=0.1)
    with pytest.raises(AssumptionError, match=r"names of convolutions, and this network has none"):
        price(text, rules="spikingformer tool")


@pytest.mark.parametrize("rules", [r for r in PUBLISHED if "tool" not in r])
def test_real_values_inside_are_refused(rules):
    real = changed(CONV, values=Values.REAL)
    with pytest.raises(AssumptionError, match=r"`stem.conv1` \(convolution\) reads real values"):
        energies(rules, STEM, real, QUERIES)


@pytest.mark.parametrize("rules", PUBLISHED)
def test_borders_and_mixed_values_do_not_move_a_binary_layer(rules):
    """Rate times dense operations ignores borders; the monitor does not."""
    inner = energies(rules, STEM, CONV, QUERIES).breakdown_mj["synapses"]
    expected = 300 if "monitor" in rules else 400
    price_pj = 0.077 if rules.endswith("A") else 0.9
    assert inner == pytest.approx(expected * price_pj * 1e-9)
