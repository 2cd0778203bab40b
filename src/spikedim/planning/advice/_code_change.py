"""Another code for the same rates."""

from typing import final

from spikedim.circuits import RateCode
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context

__all__ = ["CodeChange"]


@final
class CodeChange(AbstractChange):
    """Evenly spaced spikes in the place of random ones."""

    name = "sigma-delta code"
    gained = Gained.ERROR_OF_SPIKES

    def refusal(self, context: Context) -> str | None:  # noqa: ARG002
        """Return None: every rate can be sent so."""
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the twin with nearest counts."""
        return CodedCandidate(
            lambda _: context.run.model, number=3, seed=context.seed, code=RateCode.SIGMA_DELTA
        )

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: below T = 16 the error of rounding is simulated, not derived."""
        return None

    def what(self, context: Context) -> str:  # noqa: ARG002
        """Say what is done."""
        return "Neurons fire evenly, as integrate-and-fire neurons do, in the place of at random."

    def how(self, context: Context, steps: int) -> str:  # noqa: ARG002
        """Return the line of Python that does it."""
        return f'model(x, code_steps={steps}, code="sigma_delta")'

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        return ("It needs neurons that keep what they did not fire, and no source of noise.",)
