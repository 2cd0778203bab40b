"""Runs opened again: model, record, examples in its units."""

from spikedim.training.opened._device_named import device_named
from spikedim.training.opened._examples_of_run import batches_of, examples_of_run, spread
from spikedim.training.opened._initial_membrane import with_initial_membrane
from spikedim.training.opened._keep_run import keep_run
from spikedim.training.opened._open_run import TrainedRun, open_run, recipe_of

__all__ = [
    "TrainedRun",
    "batches_of",
    "device_named",
    "examples_of_run",
    "keep_run",
    "open_run",
    "recipe_of",
    "spread",
    "with_initial_membrane",
]
