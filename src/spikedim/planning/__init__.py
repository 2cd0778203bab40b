"""Plans: data, model and error target in; steps, spikes and energy out."""

from spikedim.planning._plan import (
    Advisory,
    BreakEven,
    DataSummary,
    InverseAnswers,
    LawCurve,
    ModelSummary,
    Plan,
)

__all__ = [
    "Advisory",
    "BreakEven",
    "DataSummary",
    "InverseAnswers",
    "LawCurve",
    "ModelSummary",
    "Plan",
]
