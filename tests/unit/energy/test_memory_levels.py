"""Rule set M1 with weights and membranes in memories of several sizes."""

import pytest

from spikedim._core import InputError
from spikedim.energy import Memory, Rules, expected_operations, price
from spikedim.models import card

COUNTS = expected_operations(card("spikformer-2-64/digits"), steps=4, rate=0.1)


def memory_mj(memory):
    parts = price(COUNTS, rules=Rules.M1, memory=memory).breakdown_mj
    return parts["weight_reads"] + parts["membranes"]


# pJ for 64 bits, against 3.12 pJ a bit
@pytest.mark.parametrize(
    ("memory", "word"),
    [
        (Memory.SRAM_8KB, 10.0),
        (Memory.SRAM_32KB, 20.0),
        (Memory.SRAM_1MB, 100.0),
        (Memory.DRAM, 1300.0),
    ],
)
def test_a_memory_costs_its_own_price_a_bit(memory, word):
    assert memory_mj(memory) == pytest.approx(memory_mj(Memory.STEP) * (word / 64) / 3.12)


@pytest.mark.parametrize("memory", list(Memory), ids=str)
def test_arithmetic_does_not_depend_on_the_memory_and_the_band_holds_the_value(memory):
    found = price(COUNTS, rules=Rules.M1, memory=memory)
    plain = price(COUNTS, rules=Rules.M0)
    assert found.breakdown_mj["synapses"] == plain.breakdown_mj["synapses"]
    assert found.low_mj <= found.value_mj <= found.high_mj
    assert found.low_mj < found.high_mj
    assert found.options.memory is memory


def test_the_band_of_a_cache_is_the_doubt_about_its_word():
    found = price(COUNTS, rules=Rules.M1, memory="sram_1mb", stem="every_step")
    doubled = found.value_mj + memory_mj(Memory.SRAM_1MB)
    assert found.high_mj == pytest.approx(doubled, rel=1e-3)
    assert "a factor 2" in found.band
    assert "cache_1mb" in found.constants
    assert "step_memory" not in found.constants


@pytest.mark.usefixtures("untyped")
def test_an_unknown_memory_is_refused():
    with pytest.raises(InputError, match=r"^price: `memory` must be one of .*dram.*; got 'l2'"):
        price(COUNTS, rules=Rules.M1, memory="l2")
