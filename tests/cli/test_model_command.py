import json

import pytest

from spikedim import models
from spikedim.models import Card


def test_list_names_every_model_under_the_title_of_its_family(run):
    assert run("model", "list", "-q").out.split() == list(models.names())
    text = run("model", "list").out
    lines = text.splitlines()
    for name in models.family_names():
        found = models.family(name)
        title = next(line for line in lines if line.startswith(f"{name}: "))
        assert ("can be built" in title) is found.can_be_built
        assert ("twin with :softmax" in title) is found.has_twin
    assert [name for name in models.names() if f"{name} " not in text] == []
    assert max(map(len, lines)) <= 100


def test_list_shows_numbers_as_printed_and_says_so(run):
    text = run("model", "list", "--dataset", "imagenet").out
    (line,) = [line for line in text.splitlines() if line.startswith("sdt-v1-8-768")]
    assert line.split()[-2:] == ["76.32*", "4"]
    (line,) = [line for line in text.splitlines() if line.startswith("spikingresformer-l/")]
    assert line.endswith("79.40 at 288²   4")
    assert "not measured here; * said by others than the authors" in " ".join(text.split())


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (("--family", "qkformer"), lambda card: card.family == "qkformer"),
        (("--dataset", "imagenet"), lambda card: card.dataset == "imagenet"),
        (
            ("--family", "sdt-v1", "--dataset", "cifar10"),
            lambda card: (card.family, card.dataset) == ("sdt-v1", "cifar10"),
        ),
    ],
)
def test_list_can_be_filtered(run, words, kept):
    wanted = [name for name in models.names() if kept(models.card(name))]
    assert 0 < len(wanted) < len(models.names())
    assert run("model", "list", *words, "-q").out.split() == wanted
    text = run("model", "list", *words).out
    assert f"{len(wanted)} models." in text
    others = set(models.names()) - set(wanted)
    assert [name for name in others if f"{name} " in text] == []
    listed = json.loads(run("model", "list", *words, "--json").out)
    assert [entry["name"] for entry in listed] == wanted


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("--family", "qkfomer"), "Did you mean 'qkformer'?"),
        (("--dataset", "imagnet"), "Did you mean 'imagenet'?"),
        (("--family", "spikegpt", "--dataset", "cifar10"), "that spikegpt has a model for (text)"),
    ],
)
def test_list_refuses_a_filter_that_fits_nothing(run, words, needle):
    got = run("model", "list", *words)
    assert (got.code, got.out) == (2, "")
    assert needle in got.err
    assert got.err.count("\n") == 1


def test_list_as_json_is_cards_and_what_their_family_offers(run):
    listed = json.loads(run("model", "list", "--json").out)
    for entry in listed:
        card = Card.from_dict(entry)
        assert card == models.card(card.name)
        assert entry["can_be_built"] is models.family(card.family).can_be_built
        assert entry["has_twin"] is models.family(card.family).has_twin
    assert {entry["can_be_built"] for entry in listed} == {True, False}


def test_show_has_layers_totals_published_numbers_switches_and_traps(run):
    text = run("model", "show", "spikformer-4-384").out
    flat = " ".join(text.split())
    assert flat.startswith("spikformer-4-384/cifar10: 4 blocks of 64 × 384, 9.32 M parameters")
    assert "published 95.19 % at T = 4 [paper]" in flat
    assert "parameters released 9,330,874 with those that never act (unused_layer_norms)" in flat
    assert "printed 9.32M" in flat
    assert "legacy_dead_parameters False Whether parameters that the released code" in flat
    assert "Note: residuals add spikes" in flat
    assert 'spikedim.models.build("spikformer-4-384/cifar10")' in flat
    assert "Twin: spikformer-4-384/cifar10:softmax" in flat
    row = next(line.split() for line in text.splitlines() if line.startswith("block.0.attn.q "))
    assert row[1:4] == ["linear", "integer", "148,608"]
    assert row[-3:] == ["64", "×", "384"]
    assert run("model", "show", "spikformer-4-384", "-q").out.count("\n") == 1
    shown = Card.from_json(run("model", "show", "spikformer-4-384", "--json").out)
    assert shown == models.card("spikformer-4-384")


def test_show_of_a_twin_reads_rates_and_prints_nothing_published(run):
    text = run("model", "show", "spikformer-4-384:softmax").out
    assert "Published" not in text
    assert " binary " not in text
    assert " rate " in text


def test_show_of_a_card_without_a_model_says_so(run):
    text = run("model", "show", "spikegpt-216m").out
    assert "spikegpt has cards only: build does not make it." in text
    assert "keyword of build" not in text


def test_show_writes_a_page_and_a_picture(run, tmp_path):
    page, picture = tmp_path / "m.html", tmp_path / "m.png"
    name = "spikingformer-2-384/cifar10"
    got = run("model", "show", name, "-q", "--html", page, "--png", picture)
    assert got.code == 0
    html = page.read_text("utf-8")
    assert name in html
    assert "95.22" in html
    assert len(html) < 1_500_000
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_show_suggests_a_name_and_writes_nothing(run, tmp_path):
    got = run("model", "show", "spikformer-4-385", "--html", tmp_path / "m.html")
    assert (got.code, got.out) == (2, "")
    assert "Did you mean 'spikformer-4-384'?" in got.err
    assert list(tmp_path.iterdir()) == []


def test_help_has_an_example(run):
    for command in ("list", "show"):
        assert "Example: spikedim model" in run("model", command, "--help").out


def test_help_says_what_the_list_prints_and_cuts_no_sentence(run):
    text = run("model", "list", "--help").out
    assert "Print the names only." in text
    assert "Print the cards as JSON." in text
    assert "switches.\n" in run("model", "--help").out
