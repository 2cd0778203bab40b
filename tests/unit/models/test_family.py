import pytest

from spikedim._core import InputError
from spikedim.models import Family, Options, build, card, family, family_names, names


def test_families_share_out_the_models():
    assert [model for name in family_names() for model in family(name).models] == list(names())


@pytest.mark.parametrize("name", family_names())
def test_what_a_family_says_of_itself_is_so(name):
    found = family(name)
    assert {card(model).dataset for model in found.models} == set(found.datasets)
    assert Family.from_json(found.to_json()) == found
    if found.has_twin:
        assert card(f"{found.models[0]}:softmax").name.endswith(":softmax")
    else:
        with pytest.raises(InputError, match="softmax"):
            card(f"{found.models[0]}:softmax")
    if found.can_be_built:
        assert build(found.models[0], device="meta").card.family == name
    else:
        assert (found.switches, found.shapes) == ((), ())
        with pytest.raises(InputError, match="card only"):
            build(found.models[0])


@pytest.mark.parametrize("name", family_names())
def test_every_switch_has_a_default_and_says_what_it_does(name):
    for switch in family(name).switches:
        assert switch.default == repr(getattr(Options(), switch.name))
        assert switch.summary.endswith(".")
        assert " : " not in switch.summary
        assert switch.legacy is switch.name.startswith("legacy_")


def _with_dead_parameters():
    return [
        model
        for name in family_names()
        if any(s.name == "legacy_dead_parameters" for s in family(name).switches)
        for model in family(name).models
        if card(model).parameters_released > card(model).parameters
    ]


@pytest.mark.parametrize("name", _with_dead_parameters())
def test_the_switch_brings_back_every_dead_parameter_of_the_card(name):
    released = build(name, device="meta", legacy_dead_parameters=True)
    assert sum(p.numel() for p in released.parameters()) == card(name).parameters_released


def test_every_family_with_dead_parameters_on_its_cards_can_build_them():
    dead = {
        card(name).family
        for name in names()
        if card(name).parameters_released > card(name).parameters
    }
    assert {card(name).family for name in _with_dead_parameters()} == dead


def test_an_unknown_family_suggests_one():
    with pytest.raises(InputError, match=r"^names: `family` must .*Did you mean 'qkformer'\?"):
        family("qkfomer")


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"family": "spikegpt"}, 2),
        ({"dataset": "imagenet-288"}, 1),
        ({"family": "sdt-v1", "dataset": "cifar10-dvs"}, 1),
    ],
)
def test_names_can_be_filtered(filters, count):
    found = names(**filters)
    assert len(found) == count
    assert set(found) < set(names())


def test_filters_that_fit_nothing_say_what_there_is():
    with pytest.raises(InputError, match=r"that spikegpt has a model for \(text\); got 'cifar10'"):
        names(family="spikegpt", dataset="cifar10")
    with pytest.raises(InputError, match=r"^names: `dataset` must .*Did you mean 'cifar10'\?"):
        names(dataset="cifar")
