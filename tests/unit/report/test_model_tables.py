import re

import pytest

from spikedim.models import Card, Family, LayerRow, Population, Switch, card, family, names
from spikedim.report import (
    as_text,
    card_headline,
    card_layers_table,
    card_page,
    card_view,
    cards_tables,
    cards_view,
    published_table,
    switches_table,
    totals_table,
)
from spikedim.report._format import shorten
from spikedim.report._model_figure import model_bars

FAMILY = Family(
    "toy", ("toy-1/x",), ("x",), True, False, ("depth",), (Switch("legacy_x", "False", "Is x."),)
)
TOY = Card(
    "toy-1/x",
    "toy",
    "x",
    (1, 2, 2),
    2,
    1,
    1,
    4,
    8,
    4,
    (
        LayerRow("stem", "conv", 10, 0, 100, False, Population("stem_lif", 16, 8)),
        LayerRow("block.0.q", "linear", 20, 3, 50, True, Population("block.0.q_lif", 4, 8)),
        LayerRow("block.0.fc", "linear", 5, 0, 50, True, integer_input=True),
        LayerRow("block.0.lif", "neuron", 0, 0, 0, True, Population("block.1.lif", 4, 8)),
    ),
    notes=("mind the gap",),
)


def cells(table, name):
    return next(row for row in table.cells if row[0] == name)


def test_layers_say_what_each_reads_and_feeds():
    table = card_layers_table(TOY)
    assert [c.header for c in table.columns] == [
        "layer",
        "kind",
        "reads",
        "parameters",
        "dead",
        "MACs [per step]",
        "population",
        "N × D",
    ]
    assert table.cells == (
        ("stem", "conv", "real", "10", "0", "100", "stem_lif", "16 × 8"),
        ("block.0.q", "linear", "binary", "20", "3", "50", "q_lif", "4 × 8"),
        ("block.0.fc", "linear", "integer", "5", "0", "50", "", "–"),
        ("block.0.lif", "neuron", "", "0", "0", "0", "block.1.lif", "4 × 8"),
    )


def test_a_model_without_dead_parameters_has_no_column_for_them():
    table = card_layers_table(card("qkformer-10-512"))
    assert "dead" not in [column.name for column in table.columns]


@pytest.mark.parametrize("name", ["spikformer-4-384", "sdt-v2-31m", "spikformer-2-64:softmax"])
def test_totals_add_up(name):
    table = totals_table(card(name))
    numbers = {row[0]: row[1].value for row in table.rows}
    kinds = [value for kind, value in numbers.items() if kind.endswith(" input")]
    assert sum(kinds) == numbers["MACs per step"] == card(name).macs
    assert numbers["MACs of attention"] == card(name).attention_macs
    assert numbers["parameters"] == card(name).parameters
    assert ("MACs on rate input" in numbers) is name.endswith(":softmax")


def test_totals_tell_the_printed_sizes_apart():
    table = totals_table(card("sdt-v2-55m"))
    assert cells(table, "parameters fused")[1] == "122,119,144"
    assert cells(table, "parameters printed")[1] == "55.4M"
    table = totals_table(card("spikformer-4-384"))
    assert cells(table, "parameters released")[1:] == (
        "9,330,874",
        "with those that never act (unused_layer_norms)",
    )
    assert not [row for row in table.cells if row[0] == "parameters fused"]


def test_published_numbers_keep_their_digits_and_say_whose_they_are():
    table = published_table(card("spikformer-8-512/imagenet"))
    assert table.cells[0][:4] == ("73.38", "11.577", "4", "paper")
    assert {row[3] for row in table.cells} == {"paper", "third party"}
    assert [row for row in table.cells if row[0] == "–"], "energies without an accuracy"
    table = published_table(card("sdt-v1-2-256/cifar10-dvs"))
    assert any("on dvs128-gesture" in row[4] for row in table.cells)
    assert published_table(TOY).rows == ()


def test_headline_names_the_first_published_accuracy():
    assert card_headline(TOY).endswith("192 spiking neurons.")
    assert card_headline(card("spikingresformer-l")).endswith(
        "published 79.40 % at T = 4 and 288² [paper]."
    )
    assert card_headline(card("spikingbert-4/sst2")).endswith("published 88.19 % [third party].")


def test_headline_of_a_twin_counts_rates_and_not_spikes():
    twin = card_headline(card("spikformer-4-384/cifar10:softmax"))
    assert twin.startswith("spikformer-4-384/cifar10:softmax: 4 blocks of 64 × 384, ")
    assert twin.endswith("1.45 M rate neurons.")
    assert "spiking" not in twin


def test_a_twin_has_no_rows_of_parameters_it_does_not_have():
    rows = {row[0] for row in card_layers_table(card("spikformer-2-64/digits:softmax")).cells}
    assert not [name for name in rows if "unused" in name]
    assert "block.0.attn.product" in rows
    shown = {row[0] for row in card_layers_table(card("spikformer-2-64/digits")).cells}
    assert "block.0.unused_layer_norms" in shown


def test_small_shares_are_not_printed_with_an_exponent():
    table = totals_table(card("spikingbert-4/sst2"))
    assert cells(table, "MACs on real input")[2].endswith(": less than 0.01 %")


@pytest.mark.parametrize("name", ["sdt-v2-124m-fused/imagenet", "spikegpt-216m/text"])
def test_layers_stay_a_table_in_a_narrow_terminal(name):
    text = as_text(card_view(card(name)), width=80)
    layers = text.partition("\nLayers\n")[2].partition("\nTotals\n")[0]
    assert len(layers.splitlines()) < len(card(name).layers) + 8
    assert max(map(len, text.splitlines())) <= 80


def test_families_without_a_listed_model_have_no_table():
    families = tuple(family(name) for name in ("qkformer", "spikegpt"))
    tables = cards_tables((card("qkformer-10-512"),), families)
    assert [table.title.partition(":")[0] for table in tables] == ["qkformer"]


def test_switches_are_those_of_the_family():
    assert switches_table(FAMILY).cells == (("legacy_x", "False", "Is x."),)
    assert switches_table(family("spikegpt")).rows == ()


def test_view_of_a_hand_made_card_needs_no_family():
    text = as_text(card_view(TOY))
    assert "Note: mind the gap." in text
    assert "build" not in text
    assert "legacy_x" in as_text(card_view(TOY, FAMILY))


@pytest.mark.parametrize("width", [80, 100])
def test_the_list_fits_and_stays_a_table(width):
    families = tuple(family(name) for name in dict.fromkeys(card(n).family for n in names()))
    text = as_text(cards_view(tuple(map(card, names())), families), width=width)
    assert max(map(len, text.splitlines())) <= width
    # One line a model, its name uncut and its parameters beside it.
    for name in names():
        assert re.search(rf"^{re.escape(name)} .*\d ", text, re.MULTILINE), name


@pytest.mark.parametrize("name", ["spikformer-10-512", "sdt-v2-55m"])
def test_the_page_holds_every_layer_and_the_whole_card(name):
    found = card(name)
    page = card_page(found, family(found.family))
    assert len(page) < 1_500_000
    assert Card.from_dict(_embedded(page)) == found
    for row in found.layers:
        assert row.name in page


@pytest.mark.parametrize(
    "name",
    [
        "spikformer-10-512/imagenet",
        "sdt-v2-55m/imagenet",
        "sdt-v2-124m-fused/imagenet",
        "qkformer-4-384/cifar10",
        "qkformer-10-768/imagenet",
        "spikingresformer-l/imagenet",
        "spiliformer-10-768/imagenet",
        "spikegpt-24-768/text",
        "spikingbert-4/sst2",
    ],
)
def test_bars_of_a_large_model_are_modules_and_add_up(name):
    found = card(name)
    bars = model_bars(found)
    assert len(bars) <= 48
    assert not [bar for bar in bars if bar[0].endswith(" others")]
    assert sum(bar[1] for bar in bars) == found.parameters
    assert sum(bar[2] for bar in bars) == found.macs
    assert len({shorten(bar[0], 30) for bar in bars}) == len(bars), "names can be told apart"


def test_bars_of_a_small_model_are_its_layers():
    assert [bar[0] for bar in model_bars(TOY)] == ["stem", "block.0.q", "block.0.fc"]
    assert "stage.3.block.0.attn" in {bar[0] for bar in model_bars(card("sdt-v2-55m/imagenet"))}


def _embedded(page):
    import json

    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page)[1])


def test_a_hostile_name_is_escaped():
    hostile = Card.from_dict({**TOY.to_dict(), "name": "<script>alert(1)</script>/x"})
    assert "<script>alert" not in card_page(hostile)
