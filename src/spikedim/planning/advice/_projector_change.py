"""Decoders that keep what data can be."""

from functools import cache
from typing import final

from spikedim.models import AbstractSpikingTransformer, principal_rates, with_decoders
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context

__all__ = ["ProjectorChange"]

_SAMPLES = 256
_RANK = 128


@final
class ProjectorChange(AbstractChange):
    """Rates are estimated from all spikes of a population, or of a token, by Wiener's filter.

    Parameters
    ----------
    per_token : bool
        Whether a decoder reads the features of one token, which folds into the next layer.
    """

    gained = Gained.ERROR

    def __init__(self, *, per_token: bool = False) -> None:
        self.per_token = per_token
        self.name = "per-token projector" if per_token else "flat projector"
        if per_token:
            self.demotion = (
                "this form harms other networks, its shrinkage being common to all tokens"
            )

    def refusal(self, context: Context) -> str | None:  # noqa: ARG002
        """Return None: every population has directions."""
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the twin with Wiener decoders of T behind all populations."""
        model = context.run.model
        found = principal_rates(
            model,
            context.training(_SAMPLES),
            per_token=self.per_token,
            rank=None if self.per_token else _RANK,
            memory_budget=context.memory_budget,
            progress=context.progress,
        )

        @cache
        def model_at(steps: int) -> AbstractSpikingTransformer:
            decoders = {n: rates.decoder("wiener", code_steps=steps) for n, rates in found.items()}
            return with_decoders(model, decoders)

        return CodedCandidate(
            model_at, number=7 if self.per_token else 6, seed=context.seed, counted=True
        )

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: the bias of a projection is no noise."""
        return None

    def what(self, context: Context) -> str:  # noqa: ARG002
        """Say what is done."""
        whole = "one token" if self.per_token else "the whole population"
        return f"The next layer reads rates estimated from the spikes of {whole}."

    def how(self, context: Context, steps: int) -> str:  # noqa: ARG002
        """Return the line of Python that does it."""
        form = ", per_token=True" if self.per_token else f", rank={_RANK}"
        return (
            f'with_decoders(model, fit_decoders(model, batches, kind="wiener", code_steps={steps}'
            f"{form}))"
        )

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        note = (
            "Decoders multiply real numbers, and the next layers read real numbers: the energy is "
            "that of counted operations with them."
        )
        return (note,)
