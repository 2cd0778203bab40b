"""Training: recipes, examples, runs that resume exactly, and what they show."""

from spikedim.training.activations import (
    ActivationDimensions,
    Activations,
    LayerDimension,
    activation_dimensions,
    attention_inputs,
    open_activations,
)
from spikedim.training.evaluation import EvaluatedPopulation, EvaluatedSteps, Evaluation, evaluate
from spikedim.training.examples import (
    IGNORED,
    ExampleKind,
    Examples,
    ExampleSplits,
    Vocabulary,
    open_examples,
)
from spikedim.training.fitting import TrainingMoment, fit, resume
from spikedim.training.opened import (
    TrainedRun,
    batches_of,
    device_named,
    examples_of_run,
    keep_run,
    open_run,
    spread,
    with_initial_membrane,
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
    "batches_of",
    "default_recipe_name",
    "device_named",
    "evaluate",
    "examples_of_run",
    "fit",
    "keep_run",
    "open_activations",
    "open_examples",
    "open_recipe",
    "open_run",
    "read_log",
    "recipe_names",
    "resume",
    "spread",
    "with_initial_membrane",
]
