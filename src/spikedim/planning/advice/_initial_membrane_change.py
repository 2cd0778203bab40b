"""Neurons that start half full."""

from typing import final

from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._context import Context
from spikedim.planning.advice._spiking_candidate import SpikingCandidate, record
from spikedim.training import with_initial_membrane

__all__ = ["InitialMembraneChange"]

_HALF = 0.5  # of the threshold 1


@final
class InitialMembraneChange(AbstractChange):
    """Every membrane starts at half the threshold, so that the first spikes do not come late."""

    name = "initial membrane"
    gained = Gained.ERROR
    demotion = "on no kept run did such a gain hold"

    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""
        own = context.run.recipe.neurons.initial_membrane
        return f"neurons start at {own:g} already" if own >= _HALF else None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the network with other initial states."""
        model = with_initial_membrane(context.run.model, _HALF, caller="advise")
        halves = (context.calibration, context.held_out)
        skip = context.baseline.least_steps - 1
        found = {
            half.name: record(model, half.inputs, steps=context.steps)
            for half in halves
            if len(half)
        }
        return SpikingCandidate(model, found, skip=skip)

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: no law speaks of these networks."""
        return None

    def what(self, context: Context) -> str:  # noqa: ARG002
        """Say what is done."""
        return f"Every membrane starts at {_HALF:g} of its threshold in the place of 0."

    def how(self, context: Context, steps: int) -> str:
        """Return the command that does it."""
        answered = steps - context.baseline.least_steps + 1  # as without this change
        return f"spikedim evaluate {context.folder} --steps {answered} --initial-membrane {_HALF:g}"

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        return ("The weights were trained from another start.",)
