"""Unequal steps for the populations of a twin."""

from functools import cache
from typing import final

from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context
from spikedim.response import Allocation, allocate

__all__ = ["AllocationChange"]


@final
class AllocationChange(AbstractChange):
    """T of every population in proportion to the root of its noise over its price.

    Parameters
    ----------
    by_energy : bool
        Whether the price is energy; spikes otherwise.
    """

    def __init__(self, *, by_energy: bool = False) -> None:
        self.by_energy = by_energy
        self.name = "unequal steps by energy" if by_energy else "unequal steps"
        self.gained = Gained.ERROR_OF_ENERGY if by_energy else Gained.ERROR_OF_SPIKES

    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""
        if context.steps < 2:
            return "the goal is reached at T = 1, and no population can have fewer steps"
        if len(context.trace.populations) < 2:
            return "there is one population"
        if not context.trace.value:
            return "no noise reaches the outputs"
        if context.latency_cap is not None and context.latency_cap <= context.steps:
            return f"no population may have more than {context.latency_cap} steps"
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the twin with unequal steps that cost as much as equal ones."""

        @cache
        def steps_of(steps: int) -> dict[str, int]:
            return self._allocation(context, steps).steps

        return CodedCandidate(
            lambda _: context.run.model,
            number=2 if self.by_energy else 1,
            seed=context.seed,
            allocate=steps_of,
        )

    def law_gain(self, context: Context) -> float | None:
        """Return the gain of first order: one minus the ratio of errors at equal cost."""
        found = self._allocation(context, context.steps)
        return 1 - found.error_ratio

    def what(self, context: Context) -> str:
        """Say what is done."""
        found = self._allocation(context, context.steps).steps
        most = max(found, key=lambda name: found[name])
        price = "energy" if self.by_energy else "spikes"
        return (
            f"Each population gets steps in proportion to the root of its noise over its {price}: "
            f"from {min(found.values())} to {found[most]} ({most}) in the place of {context.steps}."
        )

    def how(self, context: Context, steps: int) -> str:
        """Return the line of Python that does it."""
        if self.by_energy:  # whose prices are long
            return (
                f'model(x, code_steps=advice.change("{self.name}").goal_predicted.allocation, '
                "generator=...)"
            )
        cap = "" if context.latency_cap is None else f", latency_cap={context.latency_cap}"
        return (
            f"model(x, code_steps=allocate(response_trace(model, x), steps={steps}{cap}).steps, "
            "generator=...)"
        )

    def notes(self, context: Context) -> tuple[str, ...]:
        """Return what a reader must know."""
        found = self._allocation(context, context.steps)
        note = (
            f"An answer takes {found.latency} steps, those of the slowest population, unless "
            "layers work on several samples in turn."
        )
        return (note,)

    def _allocation(self, context: Context, steps: int) -> Allocation:
        return allocate(
            context.trace,
            steps=steps,
            costs=self._costs(context),
            latency_cap=context.latency_cap,
        )

    def _costs(self, context: Context) -> dict[str, float] | None:
        if not self.by_energy:
            return None
        return context.energy.step_pj(context.spikes_per_step)
