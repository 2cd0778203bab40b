import re

import pytest

from spikedim._core import InputError
from spikedim.energy import Confidence, Constant, constants
from spikedim.energy.constants import CONSTANTS_VERSION, band, price

TABLE = {constant.name: constant for constant in constants()}

# name, value, unit, word bits, node: read off the sources named in the table
PRINTED = [
    ("fp32_add", 0.9, "pJ", 32, 45),
    ("fp32_mult", 3.7, "pJ", 32, 45),
    ("fp32_mac", 4.6, "pJ", 32, 45),
    ("fp16_add", 0.4, "pJ", 16, 45),
    ("fp16_mult", 1.1, "pJ", 16, 45),
    ("fp16_mac", 1.5, "pJ", 16, 45),
    ("int32_add", 0.1, "pJ", 32, 45),
    ("int32_mult", 3.1, "pJ", 32, 45),
    ("int8_add", 0.03, "pJ", 8, 45),
    ("int8_mult", 0.2, "pJ", 8, 45),
    ("int8_mac", 0.23, "pJ", 8, 45),
    ("cache_8kb", 10, "pJ/word", 64, 45),
    ("cache_32kb", 20, "pJ/word", 64, 45),
    ("cache_1mb", 100, "pJ/word", 64, 45),
    ("dram", 1300, "pJ/word", 64, 45),
    ("lemaire_sram_8kb", 2.5, "pJ/byte", 32, 45),
    ("lemaire_sram_32kb", 5, "pJ/byte", 32, 45),
    ("lemaire_sram_1mb", 25, "pJ/byte", 32, 45),
    ("step_memory", 3.12, "pJ/bit", None, 45),
    ("yan_accumulate", 0.05448, "pJ", None, 22),
    ("yan_event_move", 3.0, "pJ/bit/hop", None, 22),
    ("yan_dense_move", 0.25, "pJ/bit/hop", None, 22),
    ("yan_dram", 1300, "pJ/word", 64, 22),
    ("yan_hops_transformer", 4.75, "hops", None, None),
    ("spikformer_sop", 0.077, "pJ", None, None),
    ("loihi1_synop", 23.6, "pJ", None, 14),
    ("loihi1_update", 81, "pJ", None, 14),
    ("loihi1_tile_spike", 1.7, "pJ", None, 14),
    ("loihi1_hop_ew", 3.0, "pJ/hop", None, 14),
    ("loihi1_hop_ns", 4.0, "pJ/hop", None, 14),
    ("truenorth_synop", 2.5, "pJ", None, 28),
    ("truenorth_synop_20hz", 26, "pJ", None, 28),
    ("truenorth_hop", 2.3, "pJ/hop", None, 28),
    ("spinnaker_synop", 13300, "pJ", None, None),
    ("spinnaker2_update", 2190, "pJ", None, 22),
    ("seneca_synop", 2.8, "pJ", None, 22),
]

# where sources disagree: name, low, high
DISAGREEMENTS = [
    ("cache_8kb", 10, 20),
    ("dram", 1300, 2600),
    ("lemaire_sram_1mb", 12.5, 25),
    ("step_memory", 0.39, 3.12),
    ("yan_event_move", 1.5, 4.5),
    ("loihi1_synop", 23.6, 35.5),
    ("loihi1_update", 52, 81),
    ("truenorth_synop", 2.5, 26),
    ("odin_synop", 8.43, 54),
    ("spinnaker_synop", 45, 13300),
]


@pytest.mark.parametrize(("name", "value", "unit", "word", "node"), PRINTED)
def test_value_with_its_unit_and_word_width(name, value, unit, word, node):
    got = TABLE[name]
    assert (got.value, got.unit, got.word_bits, got.node_nm) == (value, unit, word, node)


def test_a_mac_is_a_multiplication_and_an_addition():
    for kind in ("fp32", "fp16", "int8"):
        parts = TABLE[f"{kind}_add"].value + TABLE[f"{kind}_mult"].value
        assert TABLE[f"{kind}_mac"].value == pytest.approx(parts)


@pytest.mark.parametrize(("name", "low", "high"), DISAGREEMENTS)
def test_where_sources_disagree_the_band_holds_what_each_prints(name, low, high):
    assert band(name) == (low, high)


def test_a_band_holds_its_value_and_says_why_it_is_open():
    for constant in constants():
        assert constant.low <= constant.value <= constant.high
        if constant.low < constant.high:
            assert re.search(r"low|high|range|inactive", constant.scope), constant.name


def test_two_readings_of_one_memory_price_differ_by_the_width_of_a_word():
    """10 pJ for 64 bits or for 32, and 3.12 pJ for a bit or for a byte."""
    for size in ("8kb", "32kb", "1mb"):
        low, high = band(f"lemaire_sram_{size}")
        assert high * 4 == TABLE[f"cache_{size}"].value
        assert high == 2 * low
    assert band("step_memory")[1] == pytest.approx(8 * band("step_memory")[0])


def test_a_chip_is_dearer_at_its_usual_operating_point_than_at_its_best():
    assert band("truenorth_synop")[1] == TABLE["truenorth_synop_20hz"].value


def test_the_table_has_a_version():
    assert CONSTANTS_VERSION == "2"


def test_every_constant_names_its_source_and_scope():
    assert len(TABLE) == len(constants())
    for constant in constants():
        assert constant.source
        assert constant.scope
        assert constant.value > 0
        assert isinstance(constant.confidence, Confidence)


def test_no_unpublished_figure_is_shipped_as_fact():
    assert not [c.name for c in constants() if re.search(r"loihi_?2", c.name + c.source.lower())]
    assert not [c.name for c in constants() if "memory of" in c.source]


def test_a_constant_survives_json():
    assert Constant.from_json(TABLE["step_memory"].to_json()) == TABLE["step_memory"]


def test_an_unknown_price_is_refused():
    with pytest.raises(InputError, match=r"Did you mean 'fp32_mac'"):
        price("fp32_mca")
