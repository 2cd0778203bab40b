"""One change of the weights: a batch, its loss, its gradient, a step of the optimiser."""

from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import AnyArray, NumericsError
from spikedim.models import AbstractSpikingTransformer
from spikedim.training.examples import IGNORED, Examples
from spikedim.training.optimisation import (
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
    loss_total, correct, count : float
        Sums over the targets of this process's share of the batch.
    learning_rate : float
        Of this update.
    gradient_norm : float
        Of all parameters together, before clipping.
    """

    loss_total: float
    correct: float
    count: float
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
        share = np.array_split(np.arange(len(batch)), world)[rank]
        parts = np.array_split(share, self.recipe.accumulate)
        wanted = float((self.examples.targets[np.sort(batch)] != IGNORED).sum())
        draw = draw_augmentation(
            self.recipe.augmentation,
            count=len(batch),
            shape=_image_shape(self.examples),
            generator=self._generator(update, Purpose.AUGMENTATION),
        )
        sums = torch.zeros(3, dtype=torch.float64)
        self.optimiser.zero_grad()
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            with self.fabric.no_backward_sync(self.outputs, enabled=not last and world > 1):
                sums += self._part(update, rank * len(parts) + number, batch, part, draw, wanted)
        norm = self._gradient_norm(update, float(sums[0]))
        self.optimiser.step()
        loss, correct, count = sums.tolist()
        return UpdateResult(loss, correct, count, rate, norm)

    def _part(
        self, update: int, number: int, batch: AnyArray, part: AnyArray, draw: Any, wanted: float
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
                generator=self._generator(update, Purpose.MIXING, number),
            )
        noisy = recipe.noise.steps is not None and update >= recipe.noise.start * self.updates
        outputs = self.outputs(
            x,
            generator=self._generator(update, Purpose.MODEL, number),
            code_steps=recipe.noise.steps if noisy else None,
        )
        total, _ = loss_sum(outputs, soft, recipe.objective)
        self.fabric.backward(total * (self.fabric.world_size / wanted))
        with torch.no_grad():
            correct, count = correct_sum(outputs, targets)
        return torch.stack([total.detach().double(), correct.double(), count.double()]).cpu()

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
            what = "the loss" if not np.isfinite(loss) else "the gradient"
            raise NumericsError(
                f"fit: {what} of update {update + 1} must be finite; got NaN or infinity. The "
                "last checkpoint is kept. Lower optimiser.learning_rate, set "
                "optimiser.clip_norm, or look at the data."
            )
        limit = self.recipe.optimiser.clip_norm
        if limit is not None:
            nn.utils.clip_grads_with_norm_(parameters, limit, torch.tensor(norm))
        return norm

    def _generator(self, update: int, purpose: Purpose, stream: int = 0) -> torch.Generator:
        """Return the generator of an update for one purpose and one part of the batch."""
        return generator_for(
            self.seed, update=update, purpose=purpose, stream=stream, device=self.fabric.device
        )


def _image_shape(examples: Examples) -> tuple[int, int, int]:
    """Return channels, height and width; of tokens, which nothing augments, one value."""
    if examples.inputs.ndim != 4:
        return (1, 1, 1)
    _, channels, height, width = examples.inputs.shape
    return channels, height, width
