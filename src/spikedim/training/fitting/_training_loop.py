"""The loop over updates: order of samples, log, validation, checkpoints."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import torch

from spikedim._core import AnyArray
from spikedim.training.examples import Examples, epoch_order
from spikedim.training.fitting._moment import TrainingMoment
from spikedim.training.fitting._standing import Standing
from spikedim.training.fitting._sum_over_processes import sum_over_processes
from spikedim.training.fitting._update import StepOutputs, Updater, UpdateResult
from spikedim.training.fitting._validate import validate
from spikedim.training.runs import LogKind, LogLine

__all__ = ["TrainingLoop"]

_RECENT = 20
"""Updates over which what is shown of loss, accuracy and speed is averaged."""


@final
@dataclass(frozen=True, kw_only=True)
class TrainingLoop:
    """A training from where it stands to its end.

    Parameters
    ----------
    updater : Updater
        Does one update.
    plain : StepOutputs
        Its outputs without what several processes exchange: they may have unequally many batches
        to validate.
    validation : Examples or None
        Looked at after every epoch.
    note : callable or None
        Takes the lines of the log; None in all processes but the first.
    save : callable
        Writes a checkpoint of a `Standing`; of the first process, else None.
    checkpoint_every : float
        Seconds between two checkpoints; one is written after every epoch, too.
    watch : callable or None
        Told after every update.
    """

    updater: Updater
    plain: StepOutputs
    validation: Examples | None
    note: Callable[[LogLine], None] | None
    save: Callable[[Standing], None] | None
    checkpoint_every: float
    watch: Callable[[TrainingMoment], None] | None

    def run(self, standing: Standing) -> Standing:
        """Return where the training stands at its end."""
        clock = _Clock(standing, self.updater.recipe.batch_size)
        self.updater.outputs.train()
        epoch, order = -1, None
        saved = time.perf_counter()
        while standing.update < self.updater.updates:
            if order is None or standing.update // self._per_epoch != epoch:
                epoch = standing.update // self._per_epoch
                order = epoch_order(len(self.updater.examples), seed=self.updater.seed, epoch=epoch)
            result = self.updater.run(standing.update, self._batch(order, standing.update))
            standing = self._add(standing, result, clock)
            ended = self._ends_epoch(standing.update)
            if ended:
                standing = self._end_epoch(standing, epoch, clock)
            if self.watch is not None:
                self.watch(self._moment(standing, clock))
            if ended or time.perf_counter() - saved >= self.checkpoint_every:
                if self.save is not None:
                    self.save(standing)
                clock.pause()
                saved = time.perf_counter()
        return standing

    @property
    def _per_epoch(self) -> int:
        """Updates of an epoch."""
        return len(self.updater.examples) // self.updater.recipe.batch_size

    @property
    def _epochs(self) -> int:
        """Epochs that are begun."""
        return -(-self.updater.updates // self._per_epoch)

    def _ends_epoch(self, update: int) -> bool:
        return update % self._per_epoch == 0 or update == self.updater.updates

    def _batch(self, order: AnyArray, update: int) -> AnyArray:
        """Return the sample numbers of an update."""
        size = self.updater.recipe.batch_size
        first = update % self._per_epoch * size
        return order[first : first + size]

    def _add(self, standing: Standing, result: UpdateResult, clock: "_Clock") -> Standing:
        """Return the standing after an update; write its line."""
        sums = torch.tensor(
            [result.loss_total, result.correct, result.targets], dtype=torch.float64
        )
        loss, correct, count = sum_over_processes(sums, self.updater.fabric)
        update = standing.update + 1
        fresh = standing.update % self._per_epoch == 0
        before = (0.0, 0.0, 0.0) if fresh else standing.epoch_sums
        sums_now = (before[0] + loss, before[1] + correct, before[2] + count)
        seconds = clock.tick(loss, correct, count)
        if self.note is not None:
            self.note(
                LogLine(
                    kind=LogKind.UPDATE,
                    update=update,
                    epoch=standing.update // self._per_epoch + 1,
                    learning_rate=result.learning_rate,
                    loss=loss / count,
                    accuracy=correct / count,
                    samples_per_second=clock.rate,
                    gradient_norm=result.gradient_norm,
                    seconds=seconds,
                )
            )
        return replace(standing, update=update, epoch_sums=sums_now, seconds=seconds)

    def _end_epoch(self, standing: Standing, epoch: int, clock: "_Clock") -> Standing:
        """Return the standing after an epoch: its means, and the accuracy on what is kept aside."""
        loss, correct, count = standing.epoch_sums
        standing = replace(standing, train_loss=loss / count, train_accuracy=correct / count)
        if self.validation is None:
            return standing
        found = validate(
            self.plain,
            self.validation,
            fabric=self.updater.fabric,
            update=standing.update,
        )
        seconds = clock.pause()
        if self.note is not None:
            self.note(
                LogLine(
                    kind=LogKind.VALIDATION,
                    update=standing.update,
                    epoch=epoch + 1,
                    loss=found.loss,
                    accuracy=found.accuracy,
                    seconds=seconds,
                )
            )
        return replace(standing, validation_accuracy=found.accuracy, seconds=seconds)

    def _moment(self, standing: Standing, clock: "_Clock") -> TrainingMoment:
        left = (self.updater.updates - standing.update) * self.updater.recipe.batch_size
        return TrainingMoment(
            update=standing.update,
            updates=self.updater.updates,
            epoch=min((standing.update - 1) // self._per_epoch + 1, self._epochs),
            epochs=self._epochs,
            loss=clock.loss,
            accuracy=clock.accuracy,
            samples_per_second=clock.rate,
            validation_accuracy=standing.validation_accuracy,
            seconds_left=left / clock.rate,
        )


@final
class _Clock:
    """Wall time of a run over its parts; loss, accuracy and speed of its last updates."""

    def __init__(self, standing: Standing, batch_size: int) -> None:
        self._before = standing.seconds
        self._begin = self._last = time.perf_counter()
        self._recent: deque[tuple[float, float, float, float]] = deque(maxlen=_RECENT)
        self._batch_size = batch_size

    def tick(self, loss: float, correct: float, count: float) -> float:
        """Note the sums of an update; return the seconds of the run."""
        now = time.perf_counter()
        self._recent.append((loss, correct, count, now - self._last))
        self._last = now
        return self._before + now - self._begin

    def pause(self) -> float:
        """Leave the time since the last note out of the speed; return the seconds of the run."""
        self._last = time.perf_counter()
        return self._before + self._last - self._begin

    @property
    def loss(self) -> float:
        """Mean over the targets of the last updates."""
        return self._sum(0) / self._sum(2)

    @property
    def accuracy(self) -> float:
        """Share of right answers in the last updates."""
        return self._sum(1) / self._sum(2)

    @property
    def rate(self) -> float:
        """Samples a second in the last updates."""
        return self._batch_size * len(self._recent) / max(self._sum(3), 1e-9)

    def _sum(self, place: int) -> float:
        return sum(update[place] for update in self._recent)
