"""What pages and tables say of an ordinary network: nothing of spikes, rates or time."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.training_results import bare_evaluation, example_point, example_run

from spikedim.models import Coding, card, family
from spikedim.report import (
    card_headline,
    card_layers_table,
    card_page,
    cards_tables,
    evaluation_page,
    evaluation_picture,
    totals_table,
    training_headline,
    training_table,
)
from spikedim.report._evaluation_tables import evaluation_origins_table
from spikedim.report._evaluation_words import accuracy_claim, evaluation_lines
from spikedim.report._training_tables import run_origins_table

NAME = "spikformer-2-64/digits:ann"


@pytest.fixture
def found():
    point = example_point(1, 0.9, spikes_per_sample=None, spikes_deviation=None)
    return replace(
        bare_evaluation(),
        model=NAME,
        coding=Coding.ACTIVATIONS,
        trained_steps=1,
        points=(point,),
        rate_samples=0,
        neurons=0.0,
    )


def test_an_evaluation_speaks_of_no_spikes(found):
    assert accuracy_claim(found) == "90.0 % right, without spikes and without time"
    lines = evaluation_lines(found)
    assert "An ordinary network: nothing fires, and T is 1." in lines
    assert not any("Spikes were counted" in line for line in lines)
    assert any("Spikes were counted" in line for line in evaluation_lines(bare_evaluation()))
    facts = dict(evaluation_origins_table(found).rows)
    assert facts["coding"] == "activations of an ordinary network"


def test_an_evaluation_is_drawn(found):
    assert "Where spikes go" not in evaluation_page(found)
    assert evaluation_picture(found).startswith(b"\x89PNG")


def test_a_training_speaks_of_no_steps():
    run = example_run(model=NAME, coding=Coding.ACTIVATIONS, steps=1)
    assert training_headline(run).startswith(f"{NAME} on digits: 97.2 % right on the 143")
    assert training_table(run, folder=Path("r")).rows[-1] == ("next", "spikedim evaluate r")
    assert dict(run_origins_table(run).rows)["coding"] == "activations of an ordinary network"


def test_a_card_has_no_neurons():
    found = card(NAME)
    assert card_headline(found).endswith(" MACs per step, no neurons.")
    totals = {row[0] for row in totals_table(found).cells}
    assert "MACs on real input" in totals
    assert not totals & {"neurons", "MACs on rate input", "MACs on binary input"}
    assert {row[2] for row in card_layers_table(found).cells} == {"real"}
    assert f'build("{NAME}")' in card_page(found, family("spikformer")).replace("&#34;", '"')


def test_the_list_says_which_families_have_one():
    titles = [
        cards_tables((card(name),), (family(kind),))[0].title
        for name, kind in (("spikformer-2-64/digits", "spikformer"), ("spikegpt-216m", "spikegpt"))
    ]
    assert titles[0].endswith(", twin with :softmax, ordinary network with :ann")
    assert ":ann" not in titles[1]
