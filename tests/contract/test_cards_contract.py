"""What every card must do, whatever its family."""

import re

import pytest

from spikedim.models import Card, card, names


@pytest.fixture(params=names())
def found(request):
    return card(request.param)


def test_says_its_own_name(found):
    assert found is card(found.name)
    assert found.name.startswith(f"{found.family}-")
    assert found.name.endswith(f"/{found.dataset}")


def test_survives_json(found):
    assert Card.from_json(found.to_json()) == found


def test_rows_are_named_once_and_count_nothing_negative(found):
    rows = found.layers
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert min(row.parameters, row.dead_parameters, row.macs, row.norm_parameters) >= 0
        assert row.norm_parameters <= row.parameters
        assert not (row.integer_input and not row.spiking_input)


def test_populations_have_neurons_and_names_of_their_own(found):
    populations = found.populations
    assert len({p.name for p in populations}) == len(populations)
    assert all(p.tokens >= 1 and p.features >= 1 for p in populations)


def test_encodes_in_a_population_that_exists(found):
    assert found.encoding_population in found.populations
    assert found.encoding_population.neurons == found.tokens * found.width


def test_has_one_head_for_its_classes_and_heads_that_divide_the_width(found):
    (head,) = [row for row in found.layers if row.kind == "head"]
    assert head.parameters in (found.width * found.classes, (found.width + 1) * found.classes)
    assert found.width % found.heads == 0


def test_agrees_with_the_published_size(found):
    printed = re.fullmatch(r"(~?)([\d.]+)M", found.published_parameters)
    if not found.published_parameters:
        return
    assert printed
    digits = len(printed[2].partition(".")[2])
    counts = (
        found.parameters,
        found.parameters_released,
        found.parameters - found.norm_parameters,
    )
    # Published sizes are cut as often as rounded (9,324,730 is printed 9.32M, 16,816,024 16.81M).
    room = 10**-digits if not printed[1] else 3
    if found.name == "qkformer-2-256/dvs128-gesture":
        room = 0.5  # its note says that the released code is larger than the paper
    assert any(abs(count / 1e6 - float(printed[2])) <= room for count in counts)


def test_says_where_its_numbers_come_from(found):
    assert found.reference
    assert all(note and note == note.strip() for note in found.notes)
    assert found.steps >= 1
