"""How a model is called, and where its steps and samples are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim.circuits import RateCode
from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._plain_path import forget
from spikedim.energy.counting._tally import Tally
from spikedim.energy.counting._watch import Watch
from spikedim.models import AbstractSpikingTransformer

__all__ = ["ModelRun"]


@final
@dataclass
class ModelRun:
    """A model with what its calls need.

    Parameters
    ----------
    model : torch.nn.Module
        The model.
    steps : int
        T where the input does not hold it.
    time_axis : int or None
        Axis of the steps in the input of a model that is not ours.
    code_steps : int, mapping of str to int, or None
        Steps of the spikes that stand for the rates of a twin, or those of each population.
    code : RateCode
        How rates become these spikes.
    generator : torch.Generator or None
        Draws them.
    """

    model: nn.Module
    steps: int
    time_axis: int | None = None
    code_steps: int | Mapping[str, int] | None = None
    code: RateCode = RateCode.BERNOULLI
    generator: torch.Generator | None = None

    def sample_axis(self, x: Tensor) -> int:
        """Return the axis of the samples of an input."""
        if isinstance(self.model, AbstractSpikingTransformer):
            return int(x.ndim > 1 + len(self.model.card.input_shape))
        return 0 if self.time_axis is None else 1 - self.time_axis

    def layout(self, x: Tensor) -> tuple[Layout, bool]:
        """Return steps and samples of an input, and whether it holds the steps."""
        samples = self.sample_axis(x)
        if isinstance(self.model, AbstractSpikingTransformer):
            sequence = samples == 1
            return Layout(x.shape[0] if sequence else self.steps, x.shape[samples]), sequence
        if self.time_axis is None:
            return Layout(self.steps, x.shape[0]), False
        return Layout(x.shape[self.time_axis], x.shape[samples], self.time_axis), True

    def count(self, x: Tensor, tally: Tally) -> dict[tuple[str, str], int]:
        """Add one batch to a table; return operators that were not counted, with their layer."""
        layout, sequence = self.layout(x)
        forget(self.model)
        x = x.view_as(x)  # a tensor of our own, whose origin can be remembered
        with Watch(self.model, layout, x, sequence=sequence, code_steps=self.code_steps) as watch:
            output = self._call(x, None if sequence else layout.steps)
        forget(self.model)
        tally.add(watch.records(output), layout)
        return watch.unknown

    def _call(self, x: Tensor, steps: int | None) -> Any:
        if not isinstance(self.model, AbstractSpikingTransformer):
            return self.model(x)
        return self.model(
            x,
            steps=steps,
            code_steps=self.code_steps,
            code=self.code,
            generator=self.generator,
        )
