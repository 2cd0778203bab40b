"""Training: recipes, examples, runs that resume exactly, and what they show."""

from spikedim.training._activation_dimensions import activation_dimensions
from spikedim.training._activations import Activations
from spikedim.training._evaluate import evaluate
from spikedim.training._evaluation import EvaluatedPopulation, EvaluatedSteps, Evaluation
from spikedim.training._fit import fit
from spikedim.training._keep_run import keep_run
from spikedim.training._layer_dimensions import ActivationDimensions, LayerDimension
from spikedim.training._moment import TrainingMoment
from spikedim.training._open_activations import attention_inputs, open_activations
from spikedim.training._open_run import TrainedRun, open_run
from spikedim.training._resume import resume
from spikedim.training.examples import (
    IGNORED,
    ExampleKind,
    Examples,
    ExampleSplits,
    Vocabulary,
    open_examples,
)
from spikedim.training.recipes import (
    Recipe,
    default_recipe_name,
    open_recipe,
    recipe_names,
)
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
    "ActivationDimensions",
    "Activations",
    "EvaluatedPopulation",
    "EvaluatedSteps",
    "Evaluation",
    "ExampleKind",
    "ExampleSplits",
    "Examples",
    "LayerDimension",
    "LogKind",
    "LogLine",
    "Recipe",
    "RunFolder",
    "RunStatus",
    "TrainedRun",
    "TrainingMoment",
    "TrainingRun",
    "Vocabulary",
    "activation_dimensions",
    "attention_inputs",
    "default_recipe_name",
    "evaluate",
    "fit",
    "keep_run",
    "open_activations",
    "open_examples",
    "open_recipe",
    "open_run",
    "read_log",
    "recipe_names",
    "resume",
]
