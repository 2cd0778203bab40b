"""The choices that a rule set leaves open, each with a name."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from spikedim.energy.pricing._rules import Movement, Stem

__all__ = ["Chip", "Integers", "Memory", "Norms", "PriceOptions", "Word"]


class Integers(StrEnum):
    """How a product of sums of spikes is booked."""

    ADDITIONS = "additions"  # a 3 is three additions
    MULTIPLICATIONS = "multiplications"  # each non-zero input one multiply-accumulate
    DENSE = "dense"  # the layer is no spiking one: every multiply-accumulate, as counters do


class Norms(StrEnum):
    """Whether normalisations cost anything."""

    FOLDED = "folded"  # into the product in front of them, where there is one: free
    COUNTED = "counted"


class Word(StrEnum):
    """Arithmetic of weights and sums, the same on the side of the spikes and of the twins."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"

    @property
    def bits(self) -> int:
        """Width of a number."""
        return {Word.FP32: 32, Word.FP16: 16, Word.INT8: 8}[self]


class Memory(StrEnum):
    """Where weights and membranes of rule set M1 lie."""

    STEP = "step"  # on the chip, at the one price of STEP
    SRAM_8KB = "sram_8kb"
    SRAM_32KB = "sram_32kb"
    SRAM_1MB = "sram_1mb"
    DRAM = "dram"


class Chip(StrEnum):
    """Chips with a published energy per synaptic operation; Loihi 2 has none."""

    LOIHI1 = "loihi1"
    TRUENORTH = "truenorth"
    ODIN = "odin"
    RECKON = "reckon"
    UBRAIN = "ubrain"
    TIANJIC = "tianjic"
    NEURONFLOW = "neuronflow"
    SPINNAKER = "spinnaker"
    SPINNAKER2 = "spinnaker2"
    SENECA = "seneca"


@final
@dataclass(frozen=True)
class PriceOptions:
    """What was chosen where a rule set leaves a choice.

    Parameters
    ----------
    stem : Stem
        How often a static image passes what reads it.
    integers : Integers
        How sums of spikes are booked.
    norms : Norms
        Whether normalisations cost anything.
    word : Word
        Arithmetic of weights and sums.
    movement : Movement
        How the spikes of rule set M3 travel.
    activation_bits : int or None
        Bits of the activations of a quantised twin: each product costs one addition for each
        set bit. None for arithmetic of the width of `word`.
    chip : Chip
        Whose synaptic operation rule set M4 charges.
    memory : Memory
        Where weights and membranes of rule set M1 lie.
    """

    stem: Stem = Stem.ONCE
    integers: Integers = Integers.ADDITIONS
    norms: Norms = Norms.FOLDED
    word: Word = Word.FP32
    movement: Movement = Movement.EVENTS
    activation_bits: int | None = None
    chip: Chip = Chip.LOIHI1
    memory: Memory = Memory.STEP
