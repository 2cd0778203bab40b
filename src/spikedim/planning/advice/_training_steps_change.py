"""Another T than that of the training."""

from typing import final

from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._context import Context

__all__ = ["TrainingStepsChange"]


@final
class TrainingStepsChange(AbstractChange):
    """A directly coded network runs for fewer steps than in training."""

    name = "fewer steps"
    gained = Gained.SPIKES

    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""
        if context.steps <= context.baseline.least_steps:
            return f"the run has {context.steps} step, and an answer needs one"
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the network as it is."""
        return context.baseline

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: no law speaks of these networks."""
        return None

    def what(self, context: Context) -> str:
        """Say what is done."""
        return f"The network stops before the {context.steps} steps of its training."

    def how(self, context: Context, steps: int) -> str:
        """Return the command that does it."""
        # steps that the run leaves out by itself come on top of those of the command
        answered = steps - context.baseline.least_steps + 1
        return f"spikedim evaluate {context.folder} --steps {answered}"

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return nothing."""
        return ()
