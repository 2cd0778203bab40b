"""An answer that leaves out the first steps."""

from typing import final

from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._context import Context
from spikedim.planning.advice._spiking_candidate import SpikingCandidate

__all__ = ["WarmUpChange"]


@final
class WarmUpChange(AbstractChange):
    """The outputs of the first steps, while potentials fill up, are not averaged.

    Parameters
    ----------
    skip : int
        How many steps are left out; they are part of T.
    """

    gained = Gained.ERROR

    def __init__(self, skip: int) -> None:
        self.skip = skip
        self.name = f"warm-up of {skip} step{'s' if skip > 1 else ''}"

    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""
        own = context.baseline.least_steps - 1
        if own >= self.skip:
            return f"the run leaves out {own} steps already"
        if self.skip >= context.steps:
            return f"of T = {context.steps} nothing would be left"
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the same runs, read later."""
        if not isinstance(context.baseline, SpikingCandidate):
            raise TypeError(type(context.baseline).__name__)  # applies to spiking networks only
        return SpikingCandidate(context.run.model, context.baseline.recordings, skip=self.skip)

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: no law speaks of these networks."""
        return None

    def what(self, context: Context) -> str:
        """Say what is done."""
        last = context.steps
        first = f"step {last}" if self.skip + 1 == last else f"steps {self.skip + 1} to {last}"
        return f"The answer is the mean of {first}, at the same number of steps in all."

    def how(self, context: Context, steps: int) -> str:
        """Return the command that does it."""
        return (
            f"spikedim evaluate {context.folder} --steps {steps - self.skip} --warm-up-steps "
            f"{self.skip}"
        )

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        return ("The weights were trained to answer with all steps.",)
