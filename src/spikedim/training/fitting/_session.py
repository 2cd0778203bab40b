"""One process's part in one piece of a run: from its checkpoint to its end."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, final

import torch

from spikedim._core import InputError, NumericsError
from spikedim.models import (
    AbstractSpikingTransformer,
    accelerate,
    save_weights,
    synchronise_norms,
)
from spikedim.training.examples import ExampleSplits
from spikedim.training.fitting._moment import TrainingMoment
from spikedim.training.fitting._standing import Standing
from spikedim.training.fitting._training_loop import TrainingLoop
from spikedim.training.fitting._update import StepOutputs, Updater
from spikedim.training.optimisation import build_optimiser
from spikedim.training.recipes import Precision, Recipe
from spikedim.training.runs import (
    Checkpoint,
    LogLine,
    RunFolder,
    RunStatus,
    TensorBoardLog,
    TrainingLog,
    TrainingRun,
    disk_errors,
    optimiser_tensors,
    read_checkpoint,
    restore_optimiser,
    write_checkpoint,
)

__all__ = ["Session"]


@final
@dataclass(frozen=True, kw_only=True)
class Session:
    """Everything a run needs, put together.

    Parameters
    ----------
    fabric : lightning_fabric.Fabric
        Devices and processes.
    folder : RunFolder
        Where the run lives; only the first process writes.
    record : TrainingRun
        Of a run that begins.
    recipe : Recipe
        How.
    splits : ExampleSplits
        From what.
    model : AbstractSpikingTransformer
        With the weights a fresh run begins with.
    watch : callable or None
        Told after every update.
    checkpoint_every : float
        Seconds between checkpoints.
    tensorboard : bool
        Whether TensorBoard files are written.
    """

    fabric: Any
    folder: RunFolder
    record: TrainingRun
    recipe: Recipe
    splits: ExampleSplits
    model: AbstractSpikingTransformer
    watch: Callable[[TrainingMoment], None] | None
    checkpoint_every: float
    tensorboard: bool

    def run(self, checkpoint: Checkpoint | None) -> TrainingRun:
        """Train to the end; return the record."""
        if self.recipe.fast and self.model.coding.spiking:
            accelerate(self.model, precision=_inside(self.recipe, self.fabric))
        if self.fabric.world_size > 1:
            synchronise_norms(self.model)
        optimiser = build_optimiser(self.recipe.optimiser, self.model)
        standing = Standing.of(checkpoint)
        self._write(RunStatus.RUNNING, standing)
        if checkpoint is not None:
            self.model.load_state_dict(dict(checkpoint.model))
        plain = StepOutputs(self.model, self.recipe)
        outputs, wrapped = self.fabric.setup(plain, optimiser)
        if checkpoint is not None:
            # Only now: setup moves weights to the device, but not what an optimiser remembers.
            restore_optimiser(optimiser, checkpoint.optimiser)
        updater = Updater(
            outputs=outputs,
            optimiser=wrapped,
            fabric=self.fabric,
            recipe=self.recipe,
            examples=self.splits.train,
            seed=self.record.seed,
            updates=self.record.updates,
        )
        with ExitStack() as stack:
            loop = TrainingLoop(
                updater=updater,
                plain=plain,
                validation=self.splits.validation,
                note=self._log(checkpoint, stack) if self._first else None,
                save=self._saver(optimiser) if self._first else None,
                checkpoint_every=self.checkpoint_every,
                watch=self.watch,
            )
            try:
                ended = loop.run(standing)
            except NumericsError:
                kept = read_checkpoint(self.folder) if self._first else None
                self._write(RunStatus.DIVERGED, Standing.of(kept))
                raise
        if self._first:
            with disk_errors(self.folder.path, caller="fit"):
                save_weights(self.model, self.folder.weights)
        return self._write(RunStatus.FINISHED, ended)

    @property
    def _first(self) -> bool:
        """Whether this is the process that writes."""
        return bool(self.fabric.global_rank == 0)

    def _saver(self, optimiser: torch.optim.Optimizer) -> Callable[[Standing], None]:
        """Return what writes a checkpoint."""
        log = TrainingLog(self.folder)

        def save(standing: Standing) -> None:
            log.sync()
            write_checkpoint(
                self.folder,
                Checkpoint(
                    update=standing.update,
                    seed=self.record.seed,
                    identity=self.record.identity,
                    best=None,
                    model=self.model.state_dict(),
                    optimiser=optimiser_tensors(optimiser),
                    numbers=standing.numbers(),
                ),
            )
            self._write(RunStatus.RUNNING, standing)

        return save

    def _log(self, checkpoint: Checkpoint | None, stack: ExitStack) -> Callable[[LogLine], None]:
        """Open the logs at the update the run stands at; return what takes a line."""
        log = TrainingLog(self.folder)
        # A run that was killed before its first checkpoint has lines as well.
        update = 0 if checkpoint is None else checkpoint.update
        log.cut(update)
        if not self.tensorboard:
            return log.append
        board = stack.enter_context(TensorBoardLog(self.folder, after=update))

        def note(line: LogLine) -> None:
            log.append(line)
            board.append(line)

        return note

    def _write(self, status: RunStatus, standing: Standing) -> TrainingRun:
        """Write and return the record."""
        record = replace(
            self.record,
            status=status,
            update=standing.update,
            train_loss=standing.train_loss,
            train_accuracy=standing.train_accuracy,
            validation_accuracy=standing.validation_accuracy,
            seconds=standing.seconds,
        )
        if self._first:
            self.folder.save(record)
        return record


def _inside(recipe: Recipe, fabric: Any) -> str:
    """Return the type of activations that `accelerate` is asked for."""
    if recipe.precision is Precision.BFLOAT16 and fabric.device.type != "cpu":
        raise InputError(
            f"fit: `recipe.precision` must be float32 on {fabric.device.type}, since the kernels "
            "of bfloat16 are those of the processor; got bfloat16. Use --set precision=float32."
        )
    return str(recipe.precision.value)
