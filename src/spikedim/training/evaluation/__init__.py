"""Evaluation: what trained weights do at any T."""

from spikedim.training.evaluation._evaluate import evaluate
from spikedim.training.evaluation._evaluation import EvaluatedPopulation, EvaluatedSteps, Evaluation

__all__ = [
    "EvaluatedPopulation",
    "EvaluatedSteps",
    "Evaluation",
    "evaluate",
]
