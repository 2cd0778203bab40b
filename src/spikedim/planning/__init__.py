"""Plans: data, model and error target in; steps, spikes and energy out."""

from spikedim.laws import LawCurve
from spikedim.planning._comparison import Comparison, ComparisonRow
from spikedim.planning._measurement import Measurement
from spikedim.planning._plan import Advisory, DataSummary, InverseAnswers, ModelSummary, Plan

__all__ = [
    "Advisory",
    "Comparison",
    "ComparisonRow",
    "DataSummary",
    "InverseAnswers",
    "LawCurve",
    "Measurement",
    "ModelSummary",
    "Plan",
]
