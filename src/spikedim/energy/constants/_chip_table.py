"""Energy constants of neuromorphic chips; one line of `ROWS` each."""

__all__ = ["CHIP_ROWS"]

Row = tuple[str, float, float, float, str, int | None, int | None, str, str, str]

_CHIPS = "comparison table of the SENECA paper, PMC10326429, Table 3"
_LOIHI = (
    "M. Davies et al., IEEE Micro 2018, Table 2, restated in dyigitpolat/mimarsinan "
    "docs/research/physics/loihi_constants_research.md and "
    "dcharlot-physicalai-bmi/ferromorphic src/ledger.rs"
)
_MEROLLA = (
    "P. Merolla et al., Science 345, 2014, {where}, restated in dyigitpolat/mimarsinan "
    "docs/research/physics/truenorth_constants_research.md"
)
_HOEPPNER = (
    "S. Hoeppner et al., IEEE TCAS-I 2019, arXiv 1903.08941, restated in nengo/keras-spiking "
    "keras_spiking/model_energy.py"
)
_CHIP_SCOPE = "pJ per synaptic operation; the table warns: only for high-level comparison"
_PRE_SILICON = "pre-silicon simulation at 0.75 V"

CHIP_ROWS: tuple[Row, ...] = (
    (
        "loihi1_synop",
        23.6,
        23.6,
        35.5,
        "pJ",
        None,
        14,
        "M. Davies et al., IEEE Micro 2018, Table 2, restated in PMC10326429, Table 3",
        "high",
        "pJ per synaptic operation, printed as a minimum of a "
        + _PRE_SILICON
        + "; high: dense synapses in SLAM-Lab/SANA-FE sanafe/examples/loihi.yaml (24.0 "
        "for convolutions)",
    ),
    (
        "loihi1_update",
        81.0,
        52.0,
        81.0,
        "pJ",
        None,
        14,
        _LOIHI,
        "medium",
        "one neuron in one step, "
        + _PRE_SILICON
        + "; 81 for an active and 52 for an inactive neuron, which no source read here "
        "defines; nengo/keras-spiking charges 81",
    ),
    (
        "loihi1_tile_spike",
        1.7,
        1.7,
        1.7,
        "pJ",
        None,
        14,
        _LOIHI,
        "medium",
        "one spike within a tile, " + _PRE_SILICON,
    ),
    (
        "loihi1_hop_ew",
        3.0,
        3.0,
        3.0,
        "pJ/hop",
        None,
        14,
        _LOIHI,
        "medium",
        "one spike from tile to tile, east-west, " + _PRE_SILICON,
    ),
    (
        "loihi1_hop_ns",
        4.0,
        4.0,
        4.2,
        "pJ/hop",
        None,
        14,
        _LOIHI,
        "medium",
        "one spike from tile to tile, north-south, "
        + _PRE_SILICON
        + "; high: SLAM-Lab/SANA-FE sanafe/examples/loihi.yaml",
    ),
    (
        "truenorth_synop",
        2.5,
        2.5,
        26.0,
        "pJ",
        None,
        28,
        "F. Akopyan et al., 2015, restated in PMC10326429, Table 3",
        "medium",
        (
            "power of the chip over synaptic events at its best operating point, 400 "
            "GSOPS/W at 0.75 V; high: truenorth_synop_20hz"
        ),
    ),
    (
        "truenorth_synop_20hz",
        26.0,
        26.0,
        26.0,
        "pJ",
        None,
        28,
        _MEROLLA.format(where="main text and Fig. 4C")
        + " and dcharlot-physicalai-bmi/ferromorphic src/ledger.rs",
        "medium",
        (
            "measured power of the whole chip over synaptic events at 20 Hz and 128 "
            "active synapses; routing, neurons and leakage are inside, so nothing may be "
            "added"
        ),
    ),
    (
        "truenorth_hop",
        2.3,
        2.3,
        2.3,
        "pJ/hop",
        None,
        28,
        _MEROLLA.format(where="Fig. S4"),
        "low",
        "one spike from core to core at 0.775 V; inside of truenorth_synop already",
    ),
    (
        "odin_synop",
        12.7,
        8.43,
        54.0,
        "pJ",
        None,
        28,
        _CHIPS,
        "medium",
        _CHIP_SCOPE + "; low without leakage, high at biological time, both as restated in "
        "dcharlot-physicalai-bmi/ferromorphic src/ledger.rs",
    ),
    ("reckon_synop", 5.3, 5.3, 5.3, "pJ", None, None, _CHIPS, "medium", _CHIP_SCOPE),
    ("ubrain_synop", 26.0, 26.0, 26.0, "pJ", None, None, _CHIPS, "medium", _CHIP_SCOPE),
    ("tianjic_synop", 1.54, 1.54, 1.54, "pJ", None, None, _CHIPS, "medium", _CHIP_SCOPE),
    ("neuronflow_synop", 20.0, 20.0, 20.0, "pJ", None, None, _CHIPS, "medium", _CHIP_SCOPE),
    (
        "spinnaker_synop",
        13300.0,
        45.0,
        13300.0,
        "pJ",
        None,
        None,
        _HOEPPNER,
        "medium",
        (
            "pJ per synaptic operation; low: as printed in PMC10326429, Table 3, three "
            "hundred times less and perhaps a slip of the unit"
        ),
    ),
    (
        "spinnaker_update",
        26000.0,
        26000.0,
        26000.0,
        "pJ",
        None,
        None,
        _HOEPPNER,
        "medium",
        "one neuron in one step",
    ),
    (
        "spinnaker2_synop",
        450.0,
        10.0,
        450.0,
        "pJ",
        None,
        22,
        _HOEPPNER,
        "medium",
        "pJ per synaptic operation of the prototype; low: PMC10326429, Table 3, of the later chip",
    ),
    (
        "spinnaker2_update",
        2190.0,
        2190.0,
        2190.0,
        "pJ",
        None,
        22,
        _HOEPPNER,
        "medium",
        "one neuron in one step of the prototype",
    ),
    (
        "seneca_synop",
        2.8,
        2.8,
        2.8,
        "pJ",
        None,
        22,
        "G. Tang et al., Front. Neurosci. 17, 2023, abstract and Table 3 (PMC10326429)",
        "high",
        "pJ per synaptic operation of the synthesised design, by its authors",
    ),
)
