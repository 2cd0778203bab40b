import re

import pytest

from spikedim._core import InputError
from spikedim.models import card, names


def test_names_are_unique_and_sorted_by_family():
    listed = names()
    assert len(set(listed)) == len(listed)
    families = [card(name).family for name in listed]
    assert [f for i, f in enumerate(families) if i == 0 or families[i - 1] != f] == [
        "spikformer",
        "spikingformer",
        "sdt-v1",
        "sdt-v2",
        "qkformer",
        "spikingresformer",
        "spiliformer",
        "spikegpt",
        "spikingbert",
        "spikformer-text",
        "spikformer-lm",
    ]


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("spikformer-4-384", "spikformer-4-384/cifar10"),
        (" Spikformer-2-64/Digits ", "spikformer-2-64/digits"),
        ("qkformer-10-512", "qkformer-10-512/imagenet"),
        ("spikegpt-216m", "spikegpt-216m/text"),
    ],
)
def test_a_short_name_means_the_cifar_form_or_the_only_form(short, full):
    assert card(short).name == full


def test_a_card_is_built_once():
    assert card("spikformer-2-64") is card("spikformer-2-64/cifar10")


def test_an_ambiguous_name_lists_the_choices():
    with pytest.raises(
        InputError, match=r"must say its data set; got 'qkformer-2-256'\. Choose .*dvs128"
    ):
        card("qkformer-2-256")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("spikformer-4-385", "spikformer-4-384"),
        ("spikformer-4-384/cifar11", "spikformer-4-384/cifar10"),
        ("qkfromer-10-512/imagenet", "qkformer-10-512/imagenet"),
    ],
)
def test_an_unknown_name_suggests_one(wrong, right):
    with pytest.raises(
        InputError, match=rf"^card: `name` must .*got '{wrong}'.*Did you mean '{right}"
    ):
        card(wrong)


def test_an_unknown_name_does_not_recite_the_whole_catalogue():
    with pytest.raises(InputError) as error:
        card("resnet-50")
    assert len(str(error.value)) < 250


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("spikformer-4-384:relu", "Did you mean 'spikformer-4-384/cifar10:softmax'?"),
        ("spikformer-4-384:ann:softmax", "or ':ann' (ordinary network), or have no suffix; got"),
        ("spikformer-4-384/cifar10:", "or have no suffix; got 'spikformer-4-384/cifar10:'"),
        ("spiliformer-10-768:softmax", "no suffix for spiliformer, which has no twin; got"),
        ("spikegpt-216m:ann", "Twins and ordinary networks exist for spikingbert, "),
    ],
)
def test_a_wrong_suffix_is_refused_with_the_right_one(name, message):
    with pytest.raises(InputError, match=rf"^card: `name` must .*{re.escape(message)}"):
        card(name)


@pytest.mark.usefixtures("untyped")
def test_a_name_is_a_string():
    with pytest.raises(InputError, match=r"^card: `name` must be a string; got 7"):
        card(7)


def test_softmax_twin_keeps_the_layers_and_pays_for_every_pair_of_tokens():
    official = card("spikformer-8-512/imagenet")
    twin = card("spikformer-8-512/imagenet:softmax")
    assert twin.name == "spikformer-8-512/imagenet:softmax"
    assert twin.parameters == official.parameters == twin.parameters_released
    assert twin.attention_macs == 8 * 2 * 196 * 196 * 512
    assert twin.macs - twin.attention_macs == official.macs - official.attention_macs
    assert any("a rate clipped to [0, 1]" in note for note in twin.notes)
