"""What a network answered for every sample, at one T and one draw."""

import math
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikedim._core import AnyArray, NumericsError, wilson_interval
from spikedim.training.evaluation._code_length import Allocated, CodeLength, steps_of
from spikedim.training.evaluation._evaluation import EvaluatedSteps
from spikedim.training.examples import IGNORED

__all__ = ["Answers", "Judgement", "judge"]


@final
class Judgement(NamedTuple):
    """Sums over the targets of every sample of a batch, each [B].

    Parameters
    ----------
    right, loss, agreed, distance : Tensor
        Right answers, cross-entropy, answers of the reference, squared distance from its logits.
    """

    right: Tensor
    loss: Tensor
    agreed: Tensor
    distance: Tensor


def judge(logits: Tensor, reference: Tensor, targets: Tensor) -> Judgement:
    """Compare logits [B, C] or [B, N, C] with targets [B] or [B, N] and with other logits."""
    # On the processor: not every device knows float64.
    logits, reference, targets = logits.cpu().double(), reference.cpu().double(), targets.cpu()
    if not bool(torch.isfinite(logits).all()):
        raise NumericsError(
            "evaluate: logits must be finite; got NaN or infinity. Look at the weights of the run."
        )
    asked = targets != IGNORED
    answers = logits.argmax(dim=-1)
    losses = functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORED, reduction="none"
    ).view(targets.shape)
    found = (
        answers == targets,
        losses,
        answers == reference.argmax(dim=-1),
        (logits - reference).square().sum(dim=-1),
    )
    return Judgement(*(_sum(each, asked) for each in found))


def _sum(values: Tensor, asked: Tensor) -> Tensor:
    """Return the sum over the targets of every sample, [B]."""
    kept = values.double().masked_fill(~asked, 0.0)
    return kept.flatten(1).sum(dim=1) if kept.ndim > 1 else kept


@final
class Answers:
    """Judgements and spikes of every sample, at one T, over the draws of its code.

    Parameters
    ----------
    steps : CodeLength
        T; None for exact rates.
    samples : int
        S.
    counted : int
        Samples whose spikes are counted.
    draws : int
        Independent codes.
    """

    def __init__(self, steps: CodeLength, *, samples: int, counted: int, draws: int) -> None:
        self.steps = steps
        self.sums = np.zeros((len(Judgement._fields), draws, samples))
        self.spikes = np.zeros((draws, counted))

    def note(self, draw: int, start: int, judgement: Judgement) -> None:
        """Write the judgement of the samples from `start` on."""
        for row, values in enumerate(judgement):
            self.sums[row, draw, start : start + len(values)] = values.cpu().numpy()

    def note_spikes(self, draw: int, start: int, spikes: Tensor) -> None:
        """Write the spikes [B] of the samples from `start` on."""
        self.spikes[draw, start : start + len(spikes)] = spikes.cpu().numpy()

    def summarise(self, asked: AnyArray, *, per_token: bool) -> EvaluatedSteps:
        """Return what was found; `asked` is the number of targets of every sample, [S]."""
        right, loss, agreed, distance = self.sums.mean(axis=1)
        total = asked.sum()
        draws = self.sums.shape[1]
        by_draw = self.sums[0].sum(axis=1) / total
        error = float(distance.sum() / total)
        mean_loss = float(loss.sum() / total)
        counted = self.steps is not None and self.spikes.size > 0
        spikes = self.spikes.mean(axis=0)
        return EvaluatedSteps(
            steps=steps_of(self.steps),
            accuracy=float(right.sum() / total),
            accuracy_interval=wilson_interval(right, asked),
            accuracy_deviation=float(by_draw.std(ddof=1)) if draws > 1 else None,
            loss=mean_loss,
            perplexity=_perplexity(mean_loss) if per_token else None,
            agreement=float(agreed.sum() / total),
            squared_error=error,
            squared_error_deviation=_standard_error(distance, asked, error),
            spikes_per_sample=float(spikes.mean()) if counted else None,
            spikes_deviation=float(spikes.std()) if counted else None,
            draws=draws,
            allocation=(dict(self.steps.lengths) if isinstance(self.steps, Allocated) else {}),
        )


def _perplexity(loss: float) -> float | None:
    """Return the exponential, None where it is beyond all numbers."""
    return math.exp(loss) if loss < math.log(np.finfo(np.float64).max) else None


def _standard_error(values: AnyArray, asked: AnyArray, mean: float) -> float:
    """Return the standard error of a mean over targets, samples being independent."""
    groups = int((asked > 0).sum())
    if groups < 2:
        return 0.0
    spread = float(np.square(values - mean * asked).sum()) * groups / (groups - 1)
    return math.sqrt(spread) / float(asked.sum())
