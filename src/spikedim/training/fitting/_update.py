"""One change of the weights: a batch, its loss, its gradient, a step of the optimiser."""

from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import AnyArray, InputError
from spikedim.models import AbstractSpikingTransformer
from spikedim.training.examples import IGNORED, ExampleKind, Examples, batch_part
from spikedim.training.fitting._diverged import diverged, is_overflow
from spikedim.training.optimisation import (
    AugmentationDraw,
    Purpose,
    correct_sum,
    draw_augmentation,
    generator_for,
    learning_rate,
    loss_sum,
    mix,
)
from spikedim.training.recipes import LossKind, Recipe

__all__ = ["StepOutputs", "UpdateResult", "Updater"]


@final
class StepOutputs(nn.Module):
    """A model whose `forward` returns the outputs of every step that counts.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        The model itself, which weights are saved from.
    recipe : Recipe
        Says how many steps go before those that count.
    """

    def __init__(self, model: AbstractSpikingTransformer, recipe: Recipe) -> None:
        super().__init__()
        self.model = model
        self.warm_up_steps = recipe.neurons.warm_up_steps
        self.every_step = recipe.objective.kind is LossKind.TET

    def forward(
        self, x: Tensor, *, generator: torch.Generator | None, code_steps: int | None = None
    ) -> Tensor:
        """Return outputs [T, B, C], or their mean [1, B, C] where the loss needs no more."""
        code: dict[str, Any] = {} if code_steps is None else {"code_steps": code_steps}
        states = None
        if self.warm_up_steps:
            states = self.model.run(x, steps=self.warm_up_steps, generator=generator).states
        if states is None and not self.every_step:
            mean: Tensor = self.model(x, generator=generator, **code)
            return mean[None]
        return self.model.run(x, states=states, generator=generator, **code).outputs


@final
class UpdateResult(NamedTuple):
    """What one update did.

    Parameters
    ----------
    loss_total, correct, targets : float
        Sums over this process's share of the batch; how many targets it has.
    learning_rate : float
        Of this update.
    gradient_norm : float
        Of all parameters together, before clipping.
    """

    loss_total: float
    correct: float
    targets: float
    learning_rate: float
    gradient_norm: float


@final
@dataclass(frozen=True, kw_only=True)
class Updater:
    """Everything that does not change from one update to the next.

    Parameters
    ----------
    outputs : torch.nn.Module
        `StepOutputs`, wrapped for several processes.
    optimiser : torch.optim.Optimizer
        Moves the weights.
    fabric : lightning_fabric.Fabric
        Devices and processes.
    recipe : Recipe
        How.
    examples : Examples
        From what.
    seed : int
        Of all that is random.
    updates : int
        How many there will be.
    """

    outputs: Any
    optimiser: Any
    fabric: Any
    recipe: Recipe
    examples: Examples
    seed: int
    updates: int

    def run(self, update: int, batch: AnyArray) -> UpdateResult:
        """Change the weights by one batch of sample numbers, the same in every process."""
        rate = self._set_rate(update)
        rank, world = self.fabric.global_rank, self.fabric.world_size
        share = batch_part(np.arange(len(batch)), process=rank, processes=world)
        parts = np.split(share, self.recipe.accumulate)
        wanted = float((self.examples.targets[np.sort(batch)] != IGNORED).sum())
        draw = self._draw(update, len(batch))
        sums = torch.zeros(3, dtype=torch.float64)
        self.optimiser.zero_grad()
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            with self.fabric.no_backward_sync(self.outputs, enabled=not last and world > 1):
                sums += self._part(update, rank * len(parts) + number, batch, part, draw, wanted)
        norm = self._gradient_norm(update, float(sums[0]))
        self.optimiser.step()
        loss, correct, targets = sums.tolist()
        return UpdateResult(loss, correct, targets, rate, norm)

    def _draw(self, update: int, count: int) -> AugmentationDraw | None:
        """Return how every image of the batch is changed; None for tokens."""
        if self.examples.kind is not ExampleKind.IMAGES:
            return None
        _, channels, height, width = self.examples.inputs.shape
        return draw_augmentation(
            self.recipe.augmentation,
            count=count,
            shape=(channels, height, width),
            generator=self._generator(update, Purpose.AUGMENTATION),
        )

    def _part(
        self,
        update: int,
        number: int,
        batch: AnyArray,
        part: AnyArray,
        draw: AugmentationDraw | None,
        wanted: float,
    ) -> Tensor:
        """Add the gradient of a part of the batch; return sums of loss, right answers, targets."""
        examples, recipe = self.examples, self.recipe
        x, targets = examples.take(batch[part], device=self.fabric.device)
        if draw is not None:
            x = draw.part(int(part[0]), int(part[-1]) + 1).apply(x)
        x = examples.normalise(x)
        soft = targets
        if update < recipe.mixing.until * self.updates:
            x, soft = mix(
                x,
                targets,
                mixing=recipe.mixing,
                classes=examples.classes,
                generator=self._generator(update, Purpose.MIXING),
            )
        noisy = recipe.noise.steps is not None and update >= recipe.noise.start * self.updates
        try:
            outputs = self.outputs(
                x,
                generator=self._generator(update, Purpose.MODEL, number),
                code_steps=recipe.noise.steps if noisy else None,
            )
        except InputError as error:
            # Weights that grew too large overflow inside the model, whose doors refuse that.
            if is_overflow(error, x):
                raise diverged(f"every current of update {update + 1}") from error
            raise
        total, _ = loss_sum(outputs, soft, recipe.objective)
        self.fabric.backward(total * (self.fabric.world_size / wanted))
        with torch.no_grad():
            correct, count = correct_sum(outputs, targets)
        return torch.stack([each.detach().cpu().double() for each in (total, correct, count)])

    def _set_rate(self, update: int) -> float:
        """Set and return the learning rate of an update."""
        rate = learning_rate(
            self.recipe.schedule,
            self.recipe.optimiser.learning_rate,
            update=update,
            updates=self.updates,
        )
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _gradient_norm(self, update: int, loss: float) -> float:
        """Clip; raise `NumericsError` before a step that would spoil the weights."""
        parameters = [p for p in self.outputs.parameters() if p.grad is not None]
        norm = float(nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None]))
        if not np.isfinite(norm) or not np.isfinite(loss):
            what = "the gradient" if np.isfinite(loss) else "the loss"
            raise diverged(f"{what} of update {update + 1}")
        limit = self.recipe.optimiser.clip_norm
        if limit is not None:
            nn.utils.clip_grads_with_norm_(parameters, limit, torch.tensor(norm))
        return norm

    def _generator(self, update: int, purpose: Purpose, stream: int = 0) -> torch.Generator:
        """Return the generator of an update for one purpose and one part of the batch."""
        return generator_for(
            self.seed, update=update, purpose=purpose, stream=stream, device=self.fabric.device
        )
