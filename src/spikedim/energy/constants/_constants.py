"""Energy constants with unit, word width, node, source and confidence kept together."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import ClassVar, final

from spikedim._core import Result, check_choice

__all__ = ["Confidence", "Constant", "constants", "price"]


class Confidence(StrEnum):
    """How far a constant can be trusted."""

    HIGH = "high"  # printed in the primary source and restated elsewhere
    MEDIUM = "medium"  # read in a secondary source, or its unit is open to more than one reading


@final
@dataclass(frozen=True)
class Constant(Result):
    """One energy constant.

    Parameters
    ----------
    name : str
        Name used in `EnergyEstimate.constants`.
    value : float
        Its value in `unit`.
    unit : str
        ``"pJ"`` per operation, ``"pJ/word"``, ``"pJ/bit"``, ``"pJ/byte"``, ``"pJ/bit/hop"``
        or ``"hops"``.
    word_bits : int or None
        Width of the word it was stated for, None where the unit is per bit or not stated.
    node_nm : int or None
        Technology node in nanometre, None if the source gives none.
    source : str
        Where it comes from.
    confidence : Confidence
        High or medium.
    scope : str
        What it covers and what to beware of.
    """

    schema: ClassVar[str] = "spikedim.constant/1"

    name: str
    value: float
    unit: str
    word_bits: int | None
    node_nm: int | None
    source: str
    confidence: Confidence
    scope: str


_HOROWITZ = "M. Horowitz, 'Computing's energy problem', ISSCC 2014, doi 10.1109/ISSCC.2014.6757323"
_LEMAIRE = "E. Lemaire et al., 2022, arXiv 2210.13107, as implemented in SpikingJelly 2.0.0"
_STEP = "STEP, NeurIPS 2025, arXiv 2505.11151, read in digests; unit as in SpikingJelly 2.0.0"
_YAN = "Z. Yan et al., arXiv 2409.08290v4, 2026; constants read in two digests"
_CHIPS = "comparison table of the SENECA paper, PMC10326429, Table 3"
_CHIP_SCOPE = "pJ per synaptic operation; the table warns: only for high-level comparison"
_SRAM_SCOPE = "read of one 64-bit word; others restate 5 pJ per 32 bits, a factor 2 in use"
_POINT_SCOPE = (
    "point of a curve linear in capacity, 4-byte access; the factor 2 in word width is open"
)

_HIGH, _MEDIUM = Confidence.HIGH, Confidence.MEDIUM

# name, value, unit, word bits, node, source, confidence, scope
_TABLE: tuple[tuple[str, float, str, int | None, int | None, str, Confidence, str], ...] = (
    ("fp32_add", 0.9, "pJ", 32, 45, _HOROWITZ, _HIGH, "one addition; the usual price of a spike"),
    ("fp32_mult", 3.7, "pJ", 32, 45, _HOROWITZ, _HIGH, "one multiplication"),
    ("fp32_mac", 4.6, "pJ", 32, 45, _HOROWITZ, _HIGH, "multiplication and addition"),
    ("fp16_add", 0.4, "pJ", 16, 45, _HOROWITZ, _HIGH, "one addition"),
    ("fp16_mult", 1.1, "pJ", 16, 45, _HOROWITZ, _HIGH, "one multiplication"),
    ("fp16_mac", 1.5, "pJ", 16, 45, _HOROWITZ, _HIGH, "multiplication and addition"),
    ("int32_add", 0.1, "pJ", 32, 45, _HOROWITZ, _HIGH, "one addition"),
    ("int32_mult", 3.1, "pJ", 32, 45, _HOROWITZ, _HIGH, "one multiplication"),
    ("int8_add", 0.03, "pJ", 8, 45, _HOROWITZ, _HIGH, "one addition"),
    ("int8_mult", 0.2, "pJ", 8, 45, _HOROWITZ, _HIGH, "one multiplication"),
    ("int8_mac", 0.23, "pJ", 8, 45, _HOROWITZ, _HIGH, "multiplication and addition"),
    ("cache_8kb", 10.0, "pJ/word", 64, 45, _HOROWITZ, _HIGH, _SRAM_SCOPE),
    ("cache_32kb", 20.0, "pJ/word", 64, 45, _HOROWITZ, _HIGH, _SRAM_SCOPE),
    ("cache_1mb", 100.0, "pJ/word", 64, 45, _HOROWITZ, _HIGH, _SRAM_SCOPE),
    ("dram_low", 1300.0, "pJ/word", 64, 45, _HOROWITZ, _HIGH, "lower end of the printed range"),
    ("dram_high", 2600.0, "pJ/word", 64, 45, _HOROWITZ, _HIGH, "upper end of the printed range"),
    ("lemaire_sram_8kb", 2.5, "pJ/byte", 32, 45, _LEMAIRE, _MEDIUM, _POINT_SCOPE),
    ("lemaire_sram_32kb", 5.0, "pJ/byte", 32, 45, _LEMAIRE, _MEDIUM, _POINT_SCOPE),
    ("lemaire_sram_1mb", 25.0, "pJ/byte", 32, 45, _LEMAIRE, _MEDIUM, _POINT_SCOPE),
    (
        "step_memory",
        3.12,
        "pJ/bit",
        None,
        45,
        _STEP,
        _MEDIUM,
        "on-chip read or write; digests print '3.12 pJ' without 'per bit', a factor 8 if per byte",
    ),
    ("yan_accumulate", 0.05448, "pJ", None, 22, _YAN, _MEDIUM, "one accumulate, synthesised"),
    ("yan_compare", 0.05448, "pJ", None, 22, _YAN, _MEDIUM, "threshold comparison"),
    ("yan_subtract", 0.05448, "pJ", None, 22, _YAN, _MEDIUM, "reset by subtraction"),
    (
        "yan_event_move",
        3.0,
        "pJ/bit/hop",
        None,
        22,
        _YAN,
        _MEDIUM,
        "sparse event, normalised from Loihi 1 routing; +-50 % moves the break-even most",
    ),
    ("yan_dense_move", 0.25, "pJ/bit/hop", None, 22, _YAN, _MEDIUM, "circuit-switched network"),
    ("yan_dram", 1300.0, "pJ/word", 64, 22, _YAN, _MEDIUM, "one DRAM read"),
    ("yan_hops_vgg16", 0.64, "hops", None, None, _YAN, _MEDIUM, "mean hops, VGG16 on a mesh"),
    ("yan_hops_sneap", 1.5, "hops", None, None, _YAN, _MEDIUM, "mean hops, SNEAP mapping"),
    (
        "yan_hops_transformer",
        4.75,
        "hops",
        None,
        None,
        _YAN,
        _MEDIUM,
        "mean hops, Allspark transformer mapping",
    ),
    (
        "loihi1_synop",
        23.6,
        "pJ",
        None,
        14,
        "M. Davies et al., IEEE Micro 2018, restated in PMC10326429, Table 3",
        _HIGH,
        "pJ per synaptic operation, pre-silicon minimum",
    ),
    (
        "truenorth_synop",
        2.5,
        "pJ",
        None,
        28,
        "F. Akopyan et al., 2015, restated in PMC10326429, Table 3",
        _MEDIUM,
        "core only; figures for the whole system are about ten times larger",
    ),
    ("odin_synop", 12.7, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
    ("reckon_synop", 5.3, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
    ("ubrain_synop", 26.0, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
    ("tianjic_synop", 1.54, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
    ("neuronflow_synop", 20.0, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
    (
        "spinnaker_synop",
        45.0,
        "pJ",
        None,
        None,
        _CHIPS,
        _MEDIUM,
        _CHIP_SCOPE + "; as printed there, other literature quotes nanojoule",
    ),
    ("spinnaker2_synop", 10.0, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
    ("seneca_synop", 2.8, "pJ", None, None, _CHIPS, _MEDIUM, _CHIP_SCOPE),
)


@cache
def constants() -> tuple[Constant, ...]:
    """List every energy constant the package knows.

    Returns
    -------
    tuple of Constant
        Value, unit, word width, node, source, confidence and scope of each.

    Notes
    -----
    Loihi 2 has no published energy per synaptic operation, so none is listed; figures known
    only from memory are not listed either.

    References
    ----------
    .. [1] M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014.
    .. [2] Z. Yan et al., "Reconsidering the energy efficiency of spiking neural networks
       inference from analytical perspectives", arXiv 2409.08290v4, 2026.

    Examples
    --------
    >>> next(c for c in constants() if c.name == "fp32_mac").value
    4.6
    """
    return tuple(Constant(*row) for row in _TABLE)


def price(name: str) -> float:
    """Return the value of one constant."""
    table = {constant.name: constant.value for constant in constants()}
    return table[check_choice(name, table, name="name", caller="constants")]
