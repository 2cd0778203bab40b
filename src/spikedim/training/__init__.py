"""Training: recipes, examples, runs that resume exactly, and what they show."""

from spikedim.training._evaluation import EvaluatedPopulation, EvaluatedSteps, Evaluation
from spikedim.training._fit import fit
from spikedim.training._moment import TrainingMoment
from spikedim.training.examples import (
    IGNORED,
    ExampleKind,
    Examples,
    ExampleSplits,
    Vocabulary,
    open_examples,
)
from spikedim.training.recipes import Recipe, open_recipe, recipe_names
from spikedim.training.runs import (
    LogKind,
    LogLine,
    RunFolder,
    RunStatus,
    TrainingRun,
    read_log,
)

__all__ = [
    "IGNORED",
    "EvaluatedPopulation",
    "EvaluatedSteps",
    "Evaluation",
    "ExampleKind",
    "ExampleSplits",
    "Examples",
    "LogKind",
    "LogLine",
    "Recipe",
    "RunFolder",
    "RunStatus",
    "TrainingMoment",
    "TrainingRun",
    "Vocabulary",
    "fit",
    "open_examples",
    "open_recipe",
    "read_log",
    "recipe_names",
]
