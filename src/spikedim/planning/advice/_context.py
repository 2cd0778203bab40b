"""What every change looks at: the run, two halves of its samples, the baseline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AbstractProgress, wilson_interval
from spikedim.models import Coding
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._energy_rates import EnergyRates
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._outcome import Outcome
from spikedim.planning.advice._sampled import Sampled, falls_within, mean_interval
from spikedim.response import ResponseTrace, response_trace
from spikedim.training import TrainedRun

__all__ = ["Context"]

_TRACED = 64  # samples that the law looks at
_ROUNDING = 1e-9


@final
@dataclass(frozen=True, eq=False)
class Context:
    """A run and what is known of it.

    Parameters
    ----------
    run : TrainedRun
        The run, its model on the device in use.
    folder : str
        Its folder, or ``"RUN"``, for commands.
    calibration, held_out : Half
        Samples that predictions and measurements come from.
    baseline : AbstractCandidate
        The network unchanged.
    steps : int
        T of the baseline.
    tolerance : float
        How far accuracy may fall.
    goal_error : float or None
        Squared error that counts as reached.
    energy : EnergyRates
        Picojoule a spike.
    training : callable
        Yields batches of training inputs, given how many samples.
    fine_tune : int
        Updates that may be trained.
    latency_cap : int or None
        The most steps of a population.
    seed : int
        Of all draws.
    memory_budget : int or str
        Bytes for decoders and rates.
    progress : AbstractProgress
        Who is told.
    """

    run: TrainedRun
    folder: str
    calibration: Half
    held_out: Half
    baseline: AbstractCandidate
    steps: int
    tolerance: float
    goal_error: float | None
    energy: EnergyRates
    training: Callable[[int], Iterator[Tensor]]
    fine_tune: int
    latency_cap: int | None
    seed: int
    memory_budget: int | str
    progress: AbstractProgress

    @cached_property
    def trace(self) -> ResponseTrace:
        """K of a twin and its parts, on samples of the calibration half."""
        return response_trace(
            self.run.model,
            torch.cat(self.calibration.inputs)[:_TRACED],
            generator=torch.Generator().manual_seed(self.seed),
            memory_budget=self.memory_budget,
            progress=self.progress,
        )

    @property
    def spikes_per_step(self) -> dict[str, float]:
        """Spikes of every population in one step of the baseline, on the calibration half."""
        found = self.baseline.sample(self.calibration, self.steps)
        return {name: number / self.steps for name, number in found.spikes.items()}

    def generator(self, half: Half) -> np.random.Generator:
        """Return what bootstrap intervals over a half are drawn from."""
        return np.random.default_rng((self.seed, half.number))

    def outcome(self, candidate: AbstractCandidate, half: Half, steps: int) -> Outcome:
        """Return what a candidate does on a half."""
        found = candidate.sample(half, steps)
        allocation = candidate.allocation(steps)
        return Outcome(
            steps=steps,
            latency=candidate.latency(steps),
            allocation=allocation,
            squared_error=found.error,
            squared_error_interval=mean_interval(found.errors, self.generator(half)),
            accuracy=found.accuracy,
            accuracy_interval=wilson_interval(found.right, np.ones(len(half))),
            agreement=float(found.agreed.mean()),
            spikes=found.total,
            energy_mj=candidate.energy_mj(half, steps, self.energy),
        )

    def fewest(self, candidate: AbstractCandidate) -> int | None:
        """Return the fewest steps that are as good as the baseline, on the calibration half.

        Of a twin those with no larger a squared error, which is known better than an accuracy, if
        they reach the goal too; of a directly coded network those that reach the goal.
        """
        base = self.baseline.sample(self.calibration, self.steps)
        limit = base.error if self.run.model.coding is Coding.RATES else self.goal_error

        def good(steps: int) -> bool:
            found = candidate.sample(self.calibration, steps)
            if not self.reached(found, self.calibration):
                return False
            if limit is None:
                return falls_within(base.right, found.right, self.tolerance)
            return found.error <= limit

        least = candidate.least_steps
        low, high = least - 1, self.steps  # low is too few, high enough
        if high < least or not good(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if good(middle) else (middle, high)
        return high

    def reached(self, found: Sampled, half: Half) -> bool:
        """Say whether a half reaches the goal, or does no worse than the baseline."""
        base = self.baseline.sample(half, self.steps)
        if self.goal_error is not None:
            return found.error <= max(self.goal_error, base.error)
        coded = self.run.model.coding is Coding.RATES
        level = (half.reference_accuracy if coded else base.accuracy) - self.tolerance
        return found.accuracy >= min(level, base.accuracy) - _ROUNDING
