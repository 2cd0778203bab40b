"""Plans: data, model and error target in; steps, spikes and energy out."""

from spikedim.planning._plan import (
    Advisory,
    DataSummary,
    InverseAnswers,
    LawCurve,
    ModelSummary,
    Plan,
)

__all__ = [
    "Advisory",
    "DataSummary",
    "InverseAnswers",
    "LawCurve",
    "ModelSummary",
    "Plan",
]
