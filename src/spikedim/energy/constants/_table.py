"""The table of energy constants: facts read in named sources, with the reason of every band."""

from spikedim.energy.constants._chip_table import CHIP_ROWS

__all__ = ["CONSTANTS_VERSION", "ROWS"]

CONSTANTS_VERSION = "2"
"""Raised whenever a number, a band or a unit changes; 1 had no bands."""

Row = tuple[str, float, float, float, str, int | None, int | None, str, str, str]
"""Name, value, low, high, unit, word bits, node in nm, source, confidence, scope."""

_HOROWITZ = "M. Horowitz, 'Computing's energy problem', ISSCC 2014, doi 10.1109/ISSCC.2014.6757323"
_LEMAIRE = "E. Lemaire et al., 2022, arXiv 2210.13107, as implemented in SpikingJelly 2.0.0"
_STEP = (
    "STEP, NeurIPS 2025, arXiv 2505.11151, read in digests; SpikingJelly 2.0.0 names its Table 9"
)
_YAN = "Z. Yan et al., arXiv 2409.08290v4, 2026; constants read in two digests"
_SRAM_SCOPE = (
    "read of one 64-bit word, also restated as 5 pJ per 32 bits; high: Lemaire's form takes the "
    "same number for 32 bits, a factor 2"
)
_POINT_SCOPE = (
    "point of a curve linear in capacity, 4-byte access; low: the word of the printed number is "
    "64 bits wide, a factor 2"
)
_MOVE_SCOPE = "low and high: the +-50 % that the authors sweep themselves"


ROWS: tuple[Row, ...] = (
    (
        "fp32_add",
        0.9,
        0.9,
        0.9,
        "pJ",
        32,
        45,
        _HOROWITZ,
        "high",
        "one addition; the usual price of a spike",
    ),
    ("fp32_mult", 3.7, 3.7, 3.7, "pJ", 32, 45, _HOROWITZ, "high", "one multiplication"),
    ("fp32_mac", 4.6, 4.6, 4.6, "pJ", 32, 45, _HOROWITZ, "high", "multiplication and addition"),
    ("fp16_add", 0.4, 0.4, 0.4, "pJ", 16, 45, _HOROWITZ, "high", "one addition"),
    ("fp16_mult", 1.1, 1.1, 1.1, "pJ", 16, 45, _HOROWITZ, "high", "one multiplication"),
    ("fp16_mac", 1.5, 1.5, 1.5, "pJ", 16, 45, _HOROWITZ, "high", "multiplication and addition"),
    ("int32_add", 0.1, 0.1, 0.1, "pJ", 32, 45, _HOROWITZ, "high", "one addition"),
    ("int32_mult", 3.1, 3.1, 3.1, "pJ", 32, 45, _HOROWITZ, "high", "one multiplication"),
    ("int8_add", 0.03, 0.03, 0.03, "pJ", 8, 45, _HOROWITZ, "high", "one addition"),
    ("int8_mult", 0.2, 0.2, 0.2, "pJ", 8, 45, _HOROWITZ, "high", "one multiplication"),
    ("int8_mac", 0.23, 0.23, 0.23, "pJ", 8, 45, _HOROWITZ, "high", "multiplication and addition"),
    ("cache_8kb", 10.0, 10.0, 20.0, "pJ/word", 64, 45, _HOROWITZ, "high", _SRAM_SCOPE),
    ("cache_32kb", 20.0, 20.0, 40.0, "pJ/word", 64, 45, _HOROWITZ, "high", _SRAM_SCOPE),
    ("cache_1mb", 100.0, 100.0, 200.0, "pJ/word", 64, 45, _HOROWITZ, "high", _SRAM_SCOPE),
    (
        "dram",
        1300.0,
        1300.0,
        2600.0,
        "pJ/word",
        64,
        45,
        _HOROWITZ,
        "high",
        "one access of 64 bits; a range is printed, 1.3 to 2.6 nJ",
    ),
    ("lemaire_sram_8kb", 2.5, 1.25, 2.5, "pJ/byte", 32, 45, _LEMAIRE, "medium", _POINT_SCOPE),
    ("lemaire_sram_32kb", 5.0, 2.5, 5.0, "pJ/byte", 32, 45, _LEMAIRE, "medium", _POINT_SCOPE),
    ("lemaire_sram_1mb", 25.0, 12.5, 25.0, "pJ/byte", 32, 45, _LEMAIRE, "medium", _POINT_SCOPE),
    (
        "step_memory",
        3.12,
        0.39,
        3.12,
        "pJ/bit",
        None,
        45,
        _STEP,
        "medium",
        (
            "on-chip read or write; digests print '3.12 pJ' without 'per bit'; low: per "
            "byte, a factor 8"
        ),
    ),
    (
        "spikformer_sop",
        0.077,
        0.077,
        0.077,
        "pJ",
        None,
        None,
        (
            "first revision of Spikformer, arXiv 2209.15425: its printed energies over "
            "its printed operations; arXiv 2409.03368 uses the same 77 fJ"
        ),
        "medium",
        (
            "pJ per synaptic operation; others cite N. Qiao et al., Front. Neurosci. "
            "2015, a chip of 256 neurons"
        ),
    ),
    (
        "yan_accumulate",
        0.05448,
        0.05448,
        0.05448,
        "pJ",
        None,
        22,
        _YAN,
        "medium",
        "one accumulate, synthesised",
    ),
    (
        "yan_compare",
        0.05448,
        0.05448,
        0.05448,
        "pJ",
        None,
        22,
        _YAN,
        "medium",
        "threshold comparison",
    ),
    (
        "yan_subtract",
        0.05448,
        0.05448,
        0.05448,
        "pJ",
        None,
        22,
        _YAN,
        "medium",
        "reset by subtraction",
    ),
    (
        "yan_event_move",
        3.0,
        1.5,
        4.5,
        "pJ/bit/hop",
        None,
        22,
        _YAN,
        "medium",
        "sparse event, normalised from Loihi 1 routing; moves the break-even most; " + _MOVE_SCOPE,
    ),
    (
        "yan_dense_move",
        0.25,
        0.125,
        0.375,
        "pJ/bit/hop",
        None,
        22,
        _YAN,
        "medium",
        "circuit-switched network; " + _MOVE_SCOPE,
    ),
    ("yan_dram", 1300.0, 1300.0, 1300.0, "pJ/word", 64, 22, _YAN, "medium", "one DRAM read"),
    (
        "yan_hops_vgg16",
        0.64,
        0.64,
        0.64,
        "hops",
        None,
        None,
        _YAN,
        "medium",
        "mean hops, VGG16 on a mesh",
    ),
    (
        "yan_hops_sneap",
        1.5,
        1.5,
        1.5,
        "hops",
        None,
        None,
        _YAN,
        "medium",
        "mean hops, SNEAP mapping",
    ),
    (
        "yan_hops_transformer",
        4.75,
        4.75,
        4.75,
        "hops",
        None,
        None,
        _YAN,
        "medium",
        "mean hops, Allspark transformer mapping",
    ),
    *CHIP_ROWS,
)
