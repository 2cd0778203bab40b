"""Loss and accuracy on the part that is kept aside, in evaluation mode."""

import math
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.training.examples import Examples
from spikedim.training.fitting._diverged import diverged, is_overflow
from spikedim.training.fitting._sum_over_processes import sum_over_processes
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


def validate(outputs: nn.Module, examples: Examples, *, fabric: Any, update: int) -> Validation:
    """Look at all examples, each process at its share, after so many updates.

    Rates of a twin are exact here, also where it learns under noise. Raises `NumericsError` if the
    loss is not finite.
    """
    training = outputs.training
    outputs.eval()
    sums = torch.zeros(3, dtype=torch.float64)
    mine = np.arange(fabric.global_rank, len(examples), fabric.world_size)
    try:
        with torch.no_grad():
            for start in range(0, len(mine), _BATCH):
                x, targets = examples.take(mine[start : start + _BATCH], device=fabric.device)
                found = _answers(outputs, examples.normalise(x), update)
                total, _ = loss_sum(found, targets, _PLAIN)
                right, asked = correct_sum(found, targets)
                sums += torch.stack([each.cpu().double() for each in (total, right, asked)])
    finally:
        outputs.train(training)
    loss, correct, count = sum_over_processes(sums, fabric)
    if not math.isfinite(loss):
        raise diverged(f"the loss of the validation after update {update}")
    return Validation(loss / count, correct / count)


def _answers(outputs: nn.Module, x: Tensor, update: int) -> Tensor:
    """Return the outputs of every step."""
    try:
        found: Tensor = outputs(x, generator=None)
    except InputError as error:
        if is_overflow(error, x):
            what = f"every current of the validation after update {update}"
            raise diverged(what) from error
        raise
    return found
