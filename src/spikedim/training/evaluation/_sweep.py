"""All passes over all samples, gathered."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AbstractProgress, AnyArray, InputError
from spikedim.models import Coding
from spikedim.training.evaluation._answers import Answers, judge
from spikedim.training.evaluation._code_length import Allocated, CodeLength, order_of, steps_of
from spikedim.training.evaluation._evaluation import EvaluatedSteps
from spikedim.training.evaluation._firing import Firing
from spikedim.training.evaluation._passes import Pass, PassResult
from spikedim.training.examples import IGNORED, ExampleKind, Examples
from spikedim.training.opened import batches_of, spread

__all__ = ["Gathered", "Sweep"]

_CODE = 0x636F6465  # keeps the draws of a code apart from all others of the same seed


@final
@dataclass(frozen=True)
class Gathered:
    """What all passes found.

    Parameters
    ----------
    points : tuple of EvaluatedSteps
        By T, exact rates last.
    firing : Firing
        Spikes at the largest T.
    samples, counted, targets : int
        How many inputs, on how many of them spikes were counted, how many answers were asked for.
    mean_square, variance : float
        Mean squared length of the logits of the reference, and trace of their covariance.
    """

    points: tuple[EvaluatedSteps, ...]
    firing: Firing
    samples: int
    counted: int
    targets: int
    mean_square: float
    variance: float


@final
class Sweep:
    """Passes over samples.

    Parameters
    ----------
    passes : tuple of Pass
        The one of the reference first.
    examples : Examples
        What is read.
    order : ndarray of shape [S]
        Which samples.
    rate_samples : int
        On how many of them spikes are counted, evenly over them.
    batch_size : int
        Samples that run together.
    seed : int
        Of the codes.
    """

    def __init__(
        self,
        passes: tuple[Pass, ...],
        examples: Examples,
        order: AnyArray,
        *,
        rate_samples: int,
        batch_size: int,
        seed: int,
    ) -> None:
        self.passes = passes
        self.examples = examples
        self.batch_size = batch_size
        # An ordinary network has nothing to count.
        silent = passes[0].model.coding is Coding.ACTIVATIONS
        counted = spread(len(order), 0 if silent else rate_samples)
        self.counted = order[counted]
        self.rest = np.delete(order, counted)
        self.answers = {
            t: Answers(t, samples=len(order), counted=len(counted), draws=each.draws)
            for each in passes
            for t in each.steps
        }
        # Spikes are looked at where there are most steps; exact rates have none.
        self.watched = next(each for each in passes if isinstance(each.steps[-1], int))
        self.firing = Firing(
            self.watched.model,
            warm_up=self.watched.warm_up,
            code_steps=steps_of(self.watched.steps[-1]) if None in self.answers else None,
        )
        self.weight = passes[0].model.head.weight
        self.generators = _generators(passes, seed, self.weight.device)
        self.start = 0
        self.asked: list[AnyArray] = []
        self.sums = torch.zeros(passes[0].model.head.out_features, dtype=torch.float64)
        self.squares = 0.0

    def run(self, progress: AbstractProgress) -> Gathered:
        """Run every pass on every batch; may be called once."""
        parts = ((self.counted, True), (self.rest, False))
        runs = sum(each.draws for each in self.passes)
        total = runs * sum(-(-len(rows) // self.batch_size) for rows, _ in parts)
        task = progress.start("evaluate", float(total))
        try:
            with torch.no_grad():
                for rows, counted in parts:
                    batches = batches_of(self.examples, rows, self.batch_size, self.weight)
                    for x, targets in batches:
                        self._run_batch(x, targets, counted=counted)
                        progress.advance(task, float(runs))
        finally:
            progress.finish(task)
        return self._gather()

    def _run_batch(self, x: Tensor, targets: Tensor, *, counted: bool) -> None:
        """Run every pass on a batch."""
        reference: Tensor | None = None
        for each in self.passes:
            for draw in range(each.draws):
                found = self._run_pass(each, draw, x, counted=counted)
                if reference is None:
                    reference = found.logits[each.steps[-1]]
                    self._note_reference(reference, targets)
                for t, logits in found.logits.items():
                    self.answers[t].note(draw, self.start, judge(logits, reference, targets))
                for t, spikes in found.spikes.items():
                    self.answers[t].note_spikes(draw, self.start, spikes)
        self.start += len(x)

    def _run_pass(self, each: Pass, draw: int, x: Tensor, *, counted: bool) -> PassResult:
        """Run one pass; look at every neuron in the one that is watched."""
        generator = self.generators[each.steps[-1], draw]
        if not counted or each is not self.watched:
            return each.run(x, generator=generator, counted=counted)
        with self.firing.watch(x):
            found = each.run(x, generator=generator, counted=True)
        if found.count is not None:
            self.firing.add(found.count)
        return found

    def _note_reference(self, logits: Tensor, targets: Tensor) -> None:
        """Add the moments of the logits that the others are compared with."""
        asked = targets.cpu() != IGNORED
        kept = logits.cpu().double()[asked]
        self.sums += kept.sum(dim=0)
        self.squares += float(kept.square().sum())
        self.asked.append(asked.reshape(len(asked), -1).sum(dim=1).numpy())

    def _gather(self) -> Gathered:
        asked = np.concatenate(self.asked)
        targets = int(asked.sum())
        if not targets:
            raise InputError(
                f"evaluate: `data` must have targets; got none in {len(asked)} samples of "
                f"{self.examples.spec!r}. Choose other data."
            )
        per_token = self.examples.kind is ExampleKind.SEQUENCES
        ordered = sorted(self.answers, key=order_of)
        square = self.squares / targets
        return Gathered(
            points=tuple(self.answers[t].summarise(asked, per_token=per_token) for t in ordered),
            firing=self.firing,
            samples=len(asked),
            counted=len(self.counted),
            targets=targets,
            mean_square=square,
            variance=max(square - float((self.sums / targets).square().sum()), 0.0),
        )


def _generators(
    passes: tuple[Pass, ...], seed: int, device: torch.device
) -> dict[tuple[CodeLength, int], torch.Generator]:
    """Return a generator for every T and draw, whatever else is evaluated."""
    found = {}
    for each in passes:
        for draw in range(each.draws):
            key = (_CODE, *_key(each.steps[-1]), draw)
            words = np.random.SeedSequence(seed, spawn_key=key).generate_state(1, np.uint64)
            generator = torch.Generator(device).manual_seed(int(words[0]))
            found[each.steps[-1], draw] = generator
    return found


def _key(length: CodeLength) -> tuple[int, ...]:
    """Return numbers that keep the draws of one length apart from those of others."""
    if isinstance(length, Allocated):
        return tuple(steps for _, steps in length.lengths)
    return (length or 0,)
