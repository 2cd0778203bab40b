"""Which runs of which model serve which numbers of steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim.circuits import RateCode
from spikedim.models import AbstractSpikingTransformer, Coding, SpikeCount
from spikedim.training.evaluation._code_length import (
    CodeLength,
    code_steps_of,
    order_of,
    steps_of,
)

__all__ = ["Pass", "PassResult", "plan_passes"]


@final
@dataclass(frozen=True, eq=False)
class PassResult:
    """What one run of a batch gave.

    Parameters
    ----------
    logits : dict
        Mean of the outputs of the first T steps, [B, C] or [B, N, C], by T.
    spikes : dict
        Spikes of the whole network in the first T steps, [B], by T; empty if not counted.
    count : SpikeCount or None
        Spikes of every population.
    """

    logits: dict[CodeLength, Tensor]
    spikes: dict[CodeLength, Tensor]
    count: SpikeCount | None


@final
@dataclass(frozen=True, eq=False)
class Pass:
    """One way to run a model.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        In evaluation mode.
    steps : tuple of int, or tuple of one CodeLength
        Which T it serves; None for exact rates.
    draws : int
        How often a batch is run, each with a code of its own.
    warm_up : int
        Steps before those that count.
    code : RateCode
        Of a twin.
    """

    model: AbstractSpikingTransformer
    steps: tuple[CodeLength, ...]
    draws: int = 1
    warm_up: int = 0
    code: RateCode = RateCode.BERNOULLI

    def run(self, x: Tensor, *, generator: torch.Generator | None, counted: bool) -> PassResult:
        """Run a batch."""
        largest = self.steps[-1]
        if self.model.coding is Coding.RATES:
            return self._code(x, largest, generator=generator, counted=counted)
        total = self.warm_up + (steps_of(largest) or 0)
        counted = counted and self.model.coding.spiking
        count = self.model.count_spikes(x, steps=total) if counted else None
        outputs = self.model.run(x, steps=total).outputs if count is None else count.outputs
        outputs = outputs[self.warm_up :]
        # A spike depends on no later step: the first T steps of a long run are the short run.
        logits = {t: outputs[: steps_of(t)].mean(dim=0) for t in self.steps}
        spikes = {}
        if count is not None:
            of_steps = sum_populations(count)[self.warm_up :]
            spikes = {t: of_steps[: steps_of(t)].sum(dim=0) for t in self.steps}
        return PassResult(logits, spikes, count)

    def _code(
        self, x: Tensor, length: CodeLength, *, generator: torch.Generator | None, counted: bool
    ) -> PassResult:
        """Run a batch of a twin."""
        steps = code_steps_of(length)
        if steps is None or not counted:
            logits = self.model(x, code_steps=steps, code=self.code, generator=generator)
            return PassResult({length: logits}, {}, None)
        count = self.model.count_spikes(x, code_steps=steps, code=self.code, generator=generator)
        total = sum_populations(count).sum(dim=0)
        return PassResult({length: count.outputs.mean(dim=0)}, {length: total}, count)


def sum_populations(count: SpikeCount) -> Tensor:
    """Return the spikes of the whole network at every step, [T, B]."""
    return torch.stack(list(count.spikes.values())).sum(dim=0)


def plan_passes(
    models: Mapping[CodeLength, AbstractSpikingTransformer],
    *,
    draws: int,
    warm_up: int,
    code: RateCode,
) -> tuple[Pass, ...]:
    """Return the passes for the model of every T, the one of the reference first."""
    ordered = sorted(models, key=order_of, reverse=True)
    if models[ordered[0]].coding is Coding.RATES:
        drawn = 1 if code is RateCode.SIGMA_DELTA else draws
        return tuple(
            Pass(models[t], (t,), draws=1 if t is None else drawn, code=code) for t in ordered
        )
    if len({id(model) for model in models.values()}) == 1:
        return (Pass(models[ordered[0]], tuple(reversed(ordered)), warm_up=warm_up),)
    return tuple(Pass(models[t], (t,), warm_up=warm_up) for t in ordered)
