"""Loss and accuracy on the part that is kept aside, in evaluation mode."""

from typing import Any, NamedTuple, final

import numpy as np
import torch

from spikedim.training.examples import Examples
from spikedim.training.optimisation import correct_sum, loss_sum
from spikedim.training.recipes import Objective

__all__ = ["Validation", "validate"]

_BATCH = 256
_PLAIN = Objective(label_smoothing=0.0)


@final
class Validation(NamedTuple):
    """How well a model does on samples it does not learn from.

    Parameters
    ----------
    loss : float
        Mean cross-entropy, without smoothing.
    accuracy : float
        Share of right answers, in [0, 1].
    """

    loss: float
    accuracy: float


def validate(outputs: Any, examples: Examples, *, fabric: Any) -> Validation:
    """Look at all examples, each process at its share."""
    training = outputs.training
    outputs.eval()
    sums = torch.zeros(3, dtype=torch.float64)
    mine = np.arange(fabric.global_rank, len(examples), fabric.world_size)
    try:
        with torch.no_grad():
            for start in range(0, len(mine), _BATCH):
                x, targets = examples.take(mine[start : start + _BATCH], device=fabric.device)
                found = outputs(examples.normalise(x), generator=None)
                loss, _ = loss_sum(found, targets, _PLAIN)
                correct, count = correct_sum(found, targets)
                sums += torch.stack([loss.double(), correct.double(), count.double()]).cpu()
    finally:
        outputs.train(training)
    loss, correct, count = fabric.all_reduce(sums, reduce_op="sum").tolist()
    return Validation(loss / count, correct / count)
