"""Accuracy on the part that is kept aside, in evaluation mode."""

from typing import Any

import numpy as np
import torch

from spikedim.training._update import StepOutputs
from spikedim.training.examples import Examples
from spikedim.training.optimisation import correct_sum

__all__ = ["validation_accuracy"]

_BATCH = 256


def validation_accuracy(outputs: StepOutputs, examples: Examples, *, fabric: Any) -> float:
    """Return the share of right answers in [0, 1], each process looking at its share."""
    training = outputs.training
    outputs.eval()
    sums = torch.zeros(2, dtype=torch.float64)
    mine = np.arange(fabric.global_rank, len(examples), fabric.world_size)
    try:
        with torch.no_grad():
            for start in range(0, len(mine), _BATCH):
                x, targets = examples.take(mine[start : start + _BATCH], device=fabric.device)
                found = outputs(examples.normalise(x), generator=None)
                correct, count = correct_sum(found, targets)
                sums += torch.stack([correct.double(), count.double()]).cpu()
    finally:
        outputs.train(training)
    correct, count = fabric.all_reduce(sums, reduce_op="sum").tolist()
    return float(correct / count)
