"""Plans: data, model and error target in; steps, spikes and energy out."""

from spikedim.laws import LawCurve
from spikedim.planning._ask_response import ask_response
from spikedim.planning._budgets import rate_ceiling, steps_within_energy
from spikedim.planning._compare import compare
from spikedim.planning._comparison import Comparison, ComparisonRow
from spikedim.planning._measure import measure
from spikedim.planning._measurement import Measurement
from spikedim.planning._plan import (
    Advisory,
    DataSummary,
    InverseAnswers,
    ModelSummary,
    NetworkSummary,
    Plan,
)
from spikedim.planning._planner import plan
from spikedim.planning._response_answers import ResponseAnswers
from spikedim.planning.advice import Advice, AdvisedChange, Outcome, RejectedChange, advise

__all__ = [
    "Advice",
    "AdvisedChange",
    "Advisory",
    "Comparison",
    "ComparisonRow",
    "DataSummary",
    "InverseAnswers",
    "LawCurve",
    "Measurement",
    "ModelSummary",
    "NetworkSummary",
    "Outcome",
    "Plan",
    "RejectedChange",
    "ResponseAnswers",
    "advise",
    "ask_response",
    "compare",
    "measure",
    "plan",
    "rate_ceiling",
    "steps_within_energy",
]
